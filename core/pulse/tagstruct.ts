/**
 * The values of PulseAudio's native protocol: each says of which type it is by a letter in front.
 * Source of truth: pulseaudio src/pulsecore/tagstruct.h and tagstruct.c.
 */
import { counted, list } from "../binary/bytes.ts";
import { be, u8 as byte } from "../binary/cell.ts";
import { type Codec, noCounts, noFields } from "../binary/codec.ts";
import type { Reader } from "../binary/cursor.ts";
import type { Random } from "../binary/random.ts";
import { struct } from "../binary/struct.ts";
import { bytesOfText, textOf } from "../binary/text.ts";

export const u32 = tagged("L", be.u32);
export const usec = tagged("U", be.u64);
/** PA_VOLUME_NORM, 100 %, is 65536. */
export const volume = tagged("V", be.u32);
export const bytes = tagged("x", counted(be.u32));
/** A volume for each channel. */
export const channelVolume = tagged("v", list(byte, be.u32));
/** pulse/channelmap.h: a position for each channel; 1: front left, 2: front right. */
export const channelMap = tagged("m", list(byte, byte));
/** format: pulse/sample.h; 3 is signed 16 bits, little-endian. rate: frames a second. */
export const sampleSpec = tagged(
  "a",
  struct("SampleSpec", { format: byte, channels: byte, rate: be.u32 }),
);

const TRUE = letter("1"), FALSE = letter("0"), STRING = letter("t"), NONE = letter("N");

export const boolean: Codec<boolean> = {
  min: 1,
  size: 1,
  read: (r) => oneOf(r, TRUE, FALSE) === TRUE,
  write: (w, value) => byte.write(w, value ? TRUE : FALSE, noFields),
  sample: (random) => random.below(2) === 1,
};

/** UTF-8 without a NUL; null: there is none. */
export const text: Codec<string | null> = {
  min: 1,
  read(r) {
    if (oneOf(r, STRING, NONE) === NONE) return null;
    const left = r.bytes.subarray(r.at, r.at + r.remaining), end = left.indexOf(0);
    if (end < 0) r.fail("a text without an end");
    return textOf(r.slice(end + 1).subarray(0, end));
  },
  write(w, value) {
    byte.write(w, value === null ? NONE : STRING, noFields);
    if (value === null) return;
    w.put(bytesOfText(value));
    byte.write(w, 0, noFields);
  },
  sample: (random) => random.below(4) === 0 ? null : someText(random),
};

/** What something is called and is for: names and texts. Source of truth: pulse/proplist.h. */
export const properties: Codec<[name: string, value: string][]> = tagged("P", {
  min: 1,
  read(r) {
    const all: [string, string][] = [];
    for (;;) {
      const name = text.read(r, noFields, noCounts);
      if (name === null) return all;
      const length = u32.read(r, noFields, noCounts), value = bytes.read(r, noFields, noCounts);
      if (value.length !== length) r.fail(`a value has ${value.length} bytes, not ${length}`);
      const end = value.indexOf(0);
      all.push([name, textOf(end < 0 ? value : value.subarray(0, end))]);
    }
  },
  write(w, all) {
    for (const [name, value] of all) {
      const said = bytesOfText(`${value}\0`);
      text.write(w, name, noFields);
      u32.write(w, said.length, noFields);
      bytes.write(w, said, noFields);
    }
    text.write(w, null, noFields);
  },
  sample: (random) =>
    Array.from({ length: random.below(3) }, () => [someText(random), someText(random)]),
});

/** As many of the same as there are. */
export function allOf<T>(item: Codec<T>): Codec<T[]> {
  return {
    min: 0,
    read(r) {
      const all: T[] = [];
      while (r.remaining > 0) all.push(item.read(r, noFields, noCounts));
      return all;
    },
    write(w, all) {
      for (const one of all) item.write(w, one, noFields);
    },
    sample: (random) =>
      Array.from({ length: random.below(3) }, () => item.sample(random, noFields)),
  };
}

function tagged<T>(name: string, codec: Codec<T>): Codec<T> {
  const tag = letter(name);
  return {
    min: codec.min + 1,
    ...codec.size === undefined ? {} : { size: codec.size + 1 },
    read(r, fields, counts) {
      oneOf(r, tag);
      return codec.read(r, fields, counts);
    },
    write(w, value, fields) {
      byte.write(w, tag, noFields);
      codec.write(w, value, fields);
    },
    sample: codec.sample,
  };
}

function letter(name: string): number {
  return name.charCodeAt(0);
}

/** Reads a type, which must be one of these. */
function oneOf(r: Reader, ...tags: readonly number[]): number {
  const tag = byte.read(r, noFields, noCounts);
  if (tags.includes(tag)) return tag;
  const names = tags.map((wanted) => String.fromCharCode(wanted)).join(" or ");
  return r.fail(`type ${tag} where ${names} belongs`);
}

const someText = (random: Random) => "x".repeat(random.below(12));
