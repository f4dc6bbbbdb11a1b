/** How much hashing of passwords is done while something runs: iterations of PBKDF2, which is what takes time. */
export async function iterationsOf(run: () => Promise<unknown>): Promise<number> {
  const { subtle } = crypto;
  const derive = subtle.deriveBits;
  let iterations = 0;
  subtle.deriveBits = (algorithm, key, length) => {
    iterations += (algorithm as Pbkdf2Params).iterations;
    return derive.call(subtle, algorithm, key, length!);
  };
  try {
    await run();
  } finally {
    subtle.deriveBits = derive;
  }
  return iterations;
}
