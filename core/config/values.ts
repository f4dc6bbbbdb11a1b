/** What the value of a key can be: text → value. A text that cannot be it throws a RangeError that says what can. */
import type { VideoCodec } from "./options.ts";

/** Any text. */
export const text = (value: string): string => value;

/** Text that is not empty. */
export function filled(value: string): string {
  if (value === "") throw new RangeError("must not be empty");
  return value;
}

/** qapi/qapi-util.c, qapi_bool_parse: the words that QEMU takes. */
export function onOff(value: string): boolean {
  if (["on", "yes", "true", "y"].includes(value)) return true;
  if (["off", "no", "false", "n"].includes(value)) return false;
  throw new RangeError(`must be "on" or "off", not "${value}"`);
}

/** A whole number in decimal or, after 0x, hexadecimal. */
export function integer(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^(?:\d{1,15}|0x[\da-f]{1,13})$/i.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    throw new RangeError(`must be a number from ${least} to ${most}, not "${value}"`);
  };
}

/** A TCP port; 0: none. */
export const port = integer(0, 65535);

/** `unix:/run/vm/vnc.sock`, `127.0.0.1:5900`, `[::1]:5900` */
export function socketAddress(value: string): { path: string } | { host: string; port: number } {
  const [, path] = /^unix:(.+)$/.exec(value) ?? [];
  if (path !== undefined) return { path };
  const [, v6, host, digits] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(value) ?? [];
  const number = Number(digits);
  if (number >= 1 && number <= 65535) return { host: v6 ?? host, port: number };
  throw new RangeError(`must be "unix:/path" or "host:port", not "${value}"`);
}

/** Bytes, or a number with K, M or G. */
export function bytes(value: string): number {
  const [, digits, unit] = /^(\d{1,13})([kmg]?)(?:i?b)?$/i.exec(value) ?? [];
  if (digits === undefined) {
    throw new RangeError(`must be a number of bytes, as "67108864" or "64M", not "${value}"`);
  }
  return Number(digits) * 1024 ** ["", "k", "m", "g"].indexOf(unit.toLowerCase());
}

/** One of a few words. */
export function oneOf<T extends string>(...words: T[]): (value: string) => T {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw new RangeError(`must be ${listed(words)}, not "${value}"`);
  };
}

/** Words that QEMU knows, of which this release can do some. */
export function oneOfWorking<T extends string>(
  working: readonly T[],
  planned: readonly T[],
): (value: string) => T {
  const any = oneOf(...working, ...planned);
  return (value) => {
    const word = any(value);
    if (working.includes(word)) return word;
    throw new RangeError(`"${word}" is not in this release; it can do ${listed(working)}`);
  };
}

/**
 * QEMU's `video-codecs`: `encoder:codec` pairs, the dearest first, with `;` between them, or `auto`. MJPEG
 * is made here, whichever encoder is named; the others by the program ffmpeg, which may be called by
 * its name or by that of QEMU's encoder outside.
 */
export function videoCodecs(value: string): VideoCodec[] {
  if (value === "auto") return ["mjpeg"];
  const pairs = value.split(";").filter((pair) => pair !== "");
  if (pairs.length === 0) throw new RangeError(`must be like "spice:mjpeg", not "${value}"`);
  const codecs = pairs.map((pair) => {
    const [encoder, codec, ...rest] = pair.split(":");
    if (
      rest.length > 0 || !["spice", "gstreamer", "ffmpeg"].includes(encoder) ||
      !["mjpeg", "vp8", "vp9", "h264", "h265"].includes(codec)
    ) {
      throw new RangeError(
        `must be like "ffmpeg:vp8;spice:mjpeg", and "${pair}" is no encoder and codec`,
      );
    }
    const can = codec === "mjpeg" || encoder !== "spice" && codecsOutside.includes(codec);
    if (can) return codec as VideoCodec;
    const all = ["spice:mjpeg", ...codecsOutside.map((each) => `ffmpeg:${each}`)];
    throw new RangeError(`"${pair}" is not in this release; it can do ${listed(all)}`);
  });
  return [...new Set(codecs)];
}

/** Codecs that ffmpeg is asked for. */
const codecsOutside: readonly string[] = ["vp8", "vp9"] satisfies VideoCodec[];

/** The text that says so. */
export function videoCodecsText(codecs: readonly VideoCodec[]): string {
  return codecs.map((codec) => codec === "mjpeg" ? "spice:mjpeg" : `ffmpeg:${codec}`).join(";");
}

/** A key that QEMU knows and this release cannot honour; the values that change nothing are taken. */
export function cannot(reason: string, ...harmless: string[]): (value: string) => string {
  return (value) => {
    if (harmless.includes(value)) return value;
    throw new RangeError(`${reason}; remove this line`);
  };
}

/** `550e8400-e29b-41d4-a716-446655440000` → 16 bytes. */
export function uuid(value: string): Uint8Array {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)) {
    throw new RangeError(`must look like 550e8400-e29b-41d4-a716-446655440000, not "${value}"`);
  }
  const digits = value.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** `"a", "b" or "c"` */
export function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  const last = quoted.pop() ?? "nothing";
  return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}
