/**
 * GLZ, slow and clear: what core/codecs/glz must do, byte for byte, on any input.
 * Source of truth: glz-encode.tmpl.c, decode-glz-tmpl.c; the choice of matches and the ring are our own.
 */
import type { GlzFormat, GlzRows } from "../../core/codecs/glz/mod.ts";
import { colours, putLength, putLiterals, shorts, single } from "./lz.ts";

export const types: Record<GlzFormat, number> = { bit16: 6, bit24: 7, bit32: 8, rgba: 9 };
export const bytesOf: Record<GlzFormat, number> = { bit16: 2, bit24: 3, bit32: 4, rgba: 4 };

interface Picture {
  readonly id: number;
  readonly begin: number;
  readonly format: GlzFormat;
  readonly units: Uint32Array;
}

type Plane = "colours" | "shorts" | "alpha";
const planes = {
  colours: { ...colours, cost: 3, part: (unit: number) => unit & 0xffffff },
  shorts: { ...shorts, cost: 2, part: (unit: number) => unit & 0x7fff },
  alpha: { ...single, cost: 1, part: (unit: number) => unit >>> 24 },
};

function hashOf(plane: Plane, a: number, b: number, c: number): number {
  if (plane === "alpha") return Math.imul((a | b << 8 | c << 16) + 1, 0x9e3779b1);
  const hash = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77)) + Math.imul(c, 0xc2b2ae3d);
  return hash ^ hash >>> 15;
}

/** The server's half. */
export class Dictionary {
  readonly #size: number;
  readonly #bits: number;
  #place = 0;
  #next = 0;
  #pictures: Picture[] = [];
  /** Hash → where it was seen, and the hash's low bits. */
  readonly #seen = new Map<number, { place: number; tag: number }>();
  /** What the ring holds, also of pictures that have left. */
  readonly #ring: Uint32Array;

  constructor(windowPixels: number) {
    this.#size = Math.floor(windowPixels / 64) * 64;
    this.#bits = Math.min(20, Math.max(10, Math.ceil(Math.log2(windowPixels))));
    this.#ring = new Uint32Array(this.#size + 64);
  }

  encode(rows: GlzRows): { bytes: Uint8Array; id: number; headDistance: number } {
    const { format, width, height, stride, data, topDown } = rows;
    const size = bytesOf[format];
    const units = new Uint32Array(width * height);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        for (let k = 0; k < size; k++) units[i] |= data[y * stride + x * size + k] << (8 * k);
      }
    }
    const picture = { id: this.#next++, begin: this.#makeRoom(units.length), format, units };
    this.#pictures.push(picture);
    this.#ring.set(units, picture.begin);
    this.#place = picture.begin + Math.ceil(units.length / 64) * 64;
    const headDistance = picture.id - this.#pictures[0].id;
    const out: number[] = [];
    const word = (value: number) =>
      out.push(value >>> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
    word(0x20205a4c), word(0x10001);
    out.push(types[format] | +topDown << 4);
    word(width), word(height), word(width * size);
    word(0), word(picture.id), word(headDistance);
    this.#plane(format === "bit16" ? "shorts" : "colours", picture, width, out);
    if (format === "rgba") this.#plane("alpha", picture, width, out);
    return { bytes: new Uint8Array(out), id: picture.id, headDistance };
  }

  #makeRoom(units: number): number {
    const size = Math.ceil(units / 64) * 64;
    let begin = this.#place;
    if (begin + size > this.#size) {
      while (this.#pictures.length > 0 && this.#pictures[0].begin >= begin) this.#pictures.shift();
      begin = 0;
    }
    const inTheWay = ({ begin: other }: Picture) => other >= begin && other < begin + size;
    while (this.#pictures.length > 0 && inTheWay(this.#pictures[0])) this.#pictures.shift();
    return begin;
  }

  #plane(name: Plane, picture: Picture, width: number, out: number[]): void {
    const plane = planes[name];
    const units = [...picture.units].map(plane.part);
    const whole = name === "shorts" ? [...picture.units] : units;
    const end = units.length;
    const hash = (i: number) => hashOf(name, units[i], units[i + 1], units[i + 2]);
    const slot = (i: number) => hash(i) >>> (32 - this.#bits);
    const remember = (i: number) =>
      this.#seen.set(slot(i), { place: picture.begin + i, tag: hash(i) & 127 });
    let anchor = 0;
    for (let i = 0; end > 3 && i + 3 <= end;) {
      let match = { image: 0, distance: 0, length: 0 };
      if (i > 0 && new Set(units.slice(i - 1, i + 3)).size === 1) {
        match.length = 3;
        while (i + match.length < end && units[i + match.length] === units[i]) match.length++;
      } else if (
        i >= width && [0, 1, 2].every((k) => units[i + k] === units[i + k - width])
      ) {
        match = { image: 0, distance: width - 1, length: 3 };
        while (
          i + match.length < end && units[i + match.length] === units[i + match.length - width]
        ) {
          match.length++;
        }
      } else {
        const before = this.#seen.get(slot(i)) ?? { place: 0, tag: 0 };
        remember(i);
        if (before.tag === (hash(i) & 127)) {
          match = this.#match(plane, picture, i, before.place, units);
        }
      }
      if (match.length === 0) {
        i++;
        continue;
      }
      putLiterals(plane, whole.slice(anchor, i), out);
      putMatch(match.image, match.distance, match.length - plane.bias, out);
      const stop = i + match.length;
      if (stop + 2 <= end) {
        remember(stop - 2);
        remember(stop - 1);
      }
      i = anchor = stop;
    }
    putLiterals(plane, whole.slice(anchor), out);
  }

  #match(plane: typeof planes[Plane], picture: Picture, i: number, place: number, units: number[]) {
    const none = { image: 0, distance: 0, length: 0 };
    const other = this.#pictures.find(({ begin, units }) =>
      place >= begin && place < begin + units.length
    );
    if (other?.format !== picture.format) return none;
    const from = place - other.begin;
    if (other === picture && from >= i) return none;
    let length = 0;
    while (
      i + length < units.length && from + length < other.units.length &&
      plane.part(other.units[from + length]) === units[i + length]
    ) length++;
    const image = picture.id - other.id;
    const distance = other === picture ? i - from - 1 : from;
    const cost = matchBytes(image, distance, 1).length;
    return length < 2 || length < Math.floor(cost / plane.cost) + 1
      ? none
      : { image, distance, length };
  }
}

function matchBytes(image: number, distance: number, length: number): number[] {
  const out: number[] = [];
  putMatch(image, distance, length, out);
  return out;
}

function putMatch(image: number, distance: number, length: number, out: number[]): void {
  const far = distance >= 4096;
  out.push(Math.min(length, 7) << 5 | +far << 4 | (distance & 15));
  if (length >= 7) putLength(length - 7, out);
  out.push(distance >> 4 & 255);
  const rest: number[] = [];
  for (let left = far ? image : image >>> 6; left > 0; left >>>= 8) rest.push(left & 255);
  if (!far) out.push(rest.length << 6 | (image & 63), ...rest);
  else {
    const farther = distance >= 1 << 17;
    out.push(rest.length << 6 | +farther << 5 | (distance >> 12 & 31), ...rest);
    if (farther) out.push(distance >> 17);
  }
}

/** The client's half: BGRX or BGRA units by id, as long as a picture wants them. */
export class Window {
  readonly kept = new Map<number, { units: Uint32Array; oldest: number }>();
  #gap = 0;
  #oldest = 0;

  /** The picture's units; the id that must come before; RangeError: no GLZ picture. */
  decode(data: Uint8Array, mostPixels: number): Uint32Array | { missing: number } {
    if (data.length < 33) throw new RangeError("header");
    const view = new DataView(data.buffer, data.byteOffset);
    const type = data[8] & 15;
    const width = view.getUint32(9), height = view.getUint32(13), stride = view.getUint32(17);
    const id = Number(view.getBigUint64(21));
    const headDistance = view.getUint32(29);
    if (view.getUint32(0) !== 0x20205a4c || view.getUint32(4) !== 0x10001) {
      throw new RangeError("magic");
    }
    if (type < 6 || type > 9) throw new RangeError("type");
    if (width * height === 0 || width * height > mostPixels) throw new RangeError("size");
    if (stride !== width * [2, 3, 4, 4][type - 6]) throw new RangeError("stride");
    if (!Number.isSafeInteger(id) || headDistance > id) throw new RangeError("id");
    if (id < this.#oldest || this.kept.has(id)) throw new RangeError("twice");
    const units = new Uint32Array(width * height);
    const source = { data, at: 33 };
    const first = this.#plane(type === 6 ? "shorts" : "colours", source, id, units);
    const missing = first ?? (type === 9 ? this.#plane("alpha", source, id, units) : undefined);
    if (missing !== undefined) return { missing };
    this.kept.set(id, { units, oldest: id - headDistance });
    while (this.kept.has(this.#gap)) this.#gap++;
    this.#oldest = Math.max(this.#oldest, this.kept.get(this.#gap - 1)?.oldest ?? 0);
    for (const other of this.kept.keys()) if (other < this.#oldest) this.kept.delete(other);
    return units;
  }

  #plane(name: Plane, source: { data: Uint8Array; at: number }, id: number, units: Uint32Array) {
    const plane = planes[name];
    const next = (): number => {
      if (source.at >= source.data.length) throw new RangeError("cut off");
      return source.data[source.at++];
    };
    const put = (at: number, unit: number) =>
      units[at] = name === "alpha" ? (units[at] & 0xffffff) | unit & 0xff000000 : unit;
    let done = 0;
    while (done < units.length) {
      const head = next();
      if (head < 32) {
        if (source.at + (head + 1) * plane.size > source.data.length) {
          throw new RangeError("cut off");
        }
        if (done + head + 1 > units.length) throw new RangeError("too long");
        for (let i = 0; i <= head; i++, source.at += plane.size) {
          const unit = plane.unit(source.data, source.at);
          put(done++, name === "alpha" ? unit << 24 : name === "shorts" ? widened(unit) : unit);
        }
        continue;
      }
      let length = head >> 5;
      if (length === 7) { for (let more = 255; more === 255;) length += more = next(); }
      let distance = head & 15 | next() << 4;
      const code = next();
      let image = 0;
      for (let i = 0; i < code >> 6; i++) image |= next() << (8 * i);
      if ((head & 16) === 0) image = image << 6 | code & 63;
      else {
        distance |= (code & 31) << 12;
        if (code & 32) distance |= next() << 17;
      }
      length += plane.bias;
      if (done + length > units.length) throw new RangeError("too long");
      let from = units, begin = done - distance - 1;
      if (image > 0) {
        if (id - image < this.#oldest && !this.kept.has(id - image)) {
          throw new RangeError("has left");
        }
        const other = this.kept.get(id - image);
        if (!other) return id - image;
        from = other.units, begin = distance;
        if (begin + length > from.length) throw new RangeError("outside");
      }
      if (begin < 0) throw new RangeError("before the first");
      for (let i = 0; i < length; i++) put(done++, from[begin + i]);
    }
  }
}

/** 15 bits to 24. */
function widened(unit: number): number {
  const five = (value: number) => (value & 31) << 3 | (value & 31) >> 2;
  return five(unit >> 10) << 16 | five(unit >> 5) << 8 | five(unit);
}
