const LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/**
 * RFC 6455 §5.3: takes the mask off, in place, four bytes at a time. mask: its four bytes as a
 * little-endian number; phase: how many payload bytes of the frame came before, modulo 4.
 */
export function unmask(bytes: Uint8Array, mask: number, phase: number): void {
  const turn = (by: number) => by === 0 ? mask : (mask >>> by * 8 | mask << 32 - by * 8) >>> 0;
  const misaligned = -bytes.byteOffset & 3;
  const head = LITTLE && bytes.length >= 16 ? misaligned : bytes.length;
  const key = turn(phase & 3);
  for (let i = 0; i < head; i++) bytes[i] ^= key >>> (i & 3) * 8;
  if (head === bytes.length) return;
  const count = bytes.length - head >>> 2;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + head, count);
  const wide = turn(phase + head & 3) | 0;
  for (let i = 0; i < count; i++) words[i] ^= wide;
  for (let i = head + count * 4; i < bytes.length; i++) bytes[i] ^= wide >>> (i - head & 3) * 8;
}
