/** A source of numbers for generators. Seeded, so that every finding can be had again. */
export interface Random {
  /** Uniform in 0 … n-1; n from 1 to 2³². */
  below(n: number): number;
}

/** xorshift128 (Marsaglia 2003): the same numbers for the same seed, on every machine. */
export function seeded(seed: number): Random {
  let x = seed >>> 0 || 1, y = 362436069, z = 521288629, w = 88675123;
  const next = () => {
    const t = x ^ (x << 11);
    x = y, y = z, z = w;
    w = (w ^ (w >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return w;
  };
  for (let i = 0; i < 16; i++) next();
  return { below: (n) => Math.floor(next() / 4294967296 * n) };
}

/** n random bytes. */
export function randomBytes(random: Random, n: number): Uint8Array {
  return Uint8Array.from({ length: n }, () => random.below(256));
}
