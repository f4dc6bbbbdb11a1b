/** How near two pictures of 32-bit pixels are, in dB; the fourth byte of each pixel does not count. Infinity: the same. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 4) {
    const x = a[i] - b[i], y = a[i + 1] - b[i + 1], z = a[i + 2] - b[i + 2];
    sum += x * x + y * y + z * z;
  }
  return 10 * Math.log10(255 * 255 / (sum / (a.length / 4 * 3)));
}
