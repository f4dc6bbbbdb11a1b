import { linearBuffer } from "../core/binary/linear.ts";

/**
 * A card's own memory: the RAM BAR and the VRAM BAR behind each other in one buffer, so that a
 * place in either is one number. Little-endian, whatever machine this runs on.
 */
export class VideoMemory {
  readonly ram: Uint8Array;
  readonly vram: Uint8Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** For what the guest and the card both write: ring indices and interrupts. */
  readonly words: Int32Array;

  /** buffer: of ramSize + vramSize bytes; without one the card brings its own. */
  constructor(readonly ramSize: number, readonly vramSize: number, buffer?: ArrayBufferLike) {
    const size = ramSize + vramSize;
    const memory = buffer ?? linearBuffer(size);
    if (memory.byteLength < size) {
      throw new RangeError(`Card memory needs ${size} bytes, the buffer has ${memory.byteLength}`);
    }
    this.ram = new Uint8Array(memory, 0, ramSize);
    this.vram = new Uint8Array(memory, ramSize, vramSize);
    this.bytes = new Uint8Array(memory, 0, size);
    this.view = new DataView(memory, 0, size);
    this.words = new Int32Array(memory, 0, size >> 2);
  }

  /** A view, not a copy. */
  slice(at: number, length: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, at, length);
  }
}
