/** Writes recordings as server/red-record-qxl.cpp does, for tests. */
const encoder = new TextEncoder();

export class Recorder {
  #parts: Uint8Array[] = [encoder.encode("SPICE_REPLAY 1\n")];
  #events = 0;

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  lines(...lines: string[]): this {
    for (const line of lines) this.#parts.push(encoder.encode(line + "\n"));
    return this;
  }

  event(what: 0 | 1, type: number, ns = this.#events * 1e6): this {
    return this.lines(`event ${this.#events++} ${what} ${type} ${ns}`);
  }

  binary(name: string, data: Uint8Array): this {
    this.#parts.push(
      encoder.encode(`binary 0 ${name} ${data.length}:`),
      data,
      encoder.encode("\n"),
    );
    return this;
  }

  /** As SPICE_WORKER_RECORD built with zlib writes it. */
  packed(name: string, data: Uint8Array, packed: Uint8Array): this {
    this.#parts.push(encoder.encode(`binary 1 ${name} ${data.length}:${packed.length}:`), packed);
    return this.lines("");
  }

  chunks(name: string, ...chunks: Uint8Array[]): this {
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.lines(`data_chunks ${chunks.length - 1} ${size}`);
    for (const chunk of chunks) this.binary(name, chunk);
    return this;
  }

  primary(width: number, height: number, stride: number, ns?: number): this {
    this.event(1, 20, ns).lines(`${width} ${height} ${stride} 32`, "0 1 1 0");
    return this.binary("data", new Uint8Array(Math.abs(stride) * height));
  }

  /** The lines of QXLDrawable up to its kind. box: top left bottom right. */
  drawable(
    type: number,
    box: string,
    ns?: number,
    clip: () => void = () => this.lines("type 0"),
  ): this {
    this.event(0, 1, ns).lines("drawable", `rect bbox ${box}`);
    clip();
    this.lines("effect 1", "mm_time -2", "self_bitmap 0", "rect self_bitmap_area 0 0 0 0");
    this.lines("surface_id 0");
    for (let i = 0; i < 3; i++) this.lines("surfaces_dest -1", "rect surfaces_rects 0 0 0 0");
    return this.lines(`type ${type}`);
  }

  noMask(): this {
    return this.lines("flags 0", "point 0 0", "image 0");
  }

  fill(box: string, color: number, ns?: number): this {
    this.drawable(1, box, ns).lines("type 1", `u.color ${color}`, "rop_descriptor 8");
    return this.noMask();
  }

  bitmap(width: number, height: number, format: number, stride: number, flags = 4): this {
    return this.lines(
      "image 1",
      "descriptor.id 18446744073709551615",
      "descriptor.type 0",
      "descriptor.flags 3",
      `descriptor.width ${width}`,
      `descriptor.height ${height}`,
      `bitmap.format ${format}`,
      `bitmap.flags ${flags}`,
      `bitmap.x ${width}`,
      `bitmap.y ${height}`,
      `bitmap.stride ${stride}`,
    );
  }
}

/** Little-endian 32-bit words. */
export const words = (...values: number[]): Uint8Array =>
  new Uint8Array(Int32Array.from(values).buffer);

/** Ends the test unless it is so; what follows may rely on it. */
export function ensure(condition: unknown, message = "not so"): asserts condition {
  if (!condition) throw new Error(message);
}
