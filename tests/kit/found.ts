/** What must hold for any bytes that are read as a message, and the inputs for which it once did not. */
import { assert, assertEquals } from "@std/assert";
import { counted, rest } from "../../core/binary/bytes.ts";
import { u8 } from "../../core/binary/cell.ts";
import { type Codec, decode, encode, noCounts, noFields } from "../../core/binary/codec.ts";
import { Reader } from "../../core/binary/cursor.ts";
import { WireError } from "../../core/binary/error.ts";
import { struct } from "../../core/binary/struct.ts";
import { bytesOfText, textOf } from "../../core/binary/text.ts";

/**
 * Reads bytes[0, n): a value or a WireError may come out, nothing else. Thoroughly: the value is no
 * larger than the message lets it be, shares the message's bytes, and is written and read again.
 */
export function judge(
  codec: Codec<unknown>,
  bytes: Uint8Array,
  n: number,
  thorough: boolean,
): void {
  let value;
  try {
    // nothing lies behind these bytes, so that reading too far cannot go unseen
    value = codec.read(new Reader(bytes.subarray(0, n)), noFields, noCounts);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (thorough) assert(/^Cannot read .+: .+ \(at byte \d+\)$/.test(error.message), error.message);
    return;
  }
  if (!thorough) return;
  assert(weigh(value, bytes.buffer) <= 2 * (2 * n + 1024), "the value is larger than its message");
  assertEquals(decode(codec, encode(codec, value)), value);
}

/** How many things a value consists of; bulk bytes are one thing, since they must be views. */
function weigh(value: unknown, buffer: ArrayBufferLike): number {
  if (value instanceof Uint8Array) {
    assert(value.length === 0 || value.buffer === buffer, "bulk bytes were copied");
    return 1;
  }
  if (typeof value !== "object" || value === null) return 1;
  let sum = 1;
  for (const part of Object.values(value)) sum += weigh(part, buffer);
  return sum;
}

const folder = new URL("../fuzz/found/", import.meta.url);
/** A kept input: which word of which vocabulary, then the bytes. */
const Found = struct("Found", { vocabulary: counted(u8), word: counted(u8), bytes: rest });

/** Keeps an input as a file and returns its name. */
export function keep(vocabulary: string, word: string, bytes: Uint8Array): string {
  const whole = encode(Found, {
    vocabulary: bytesOfText(vocabulary),
    word: bytesOfText(word),
    bytes,
  });
  const sum = whole.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
  const name = `wire-${sum.toString(16).padStart(8, "0")}.bin`;
  Deno.writeFileSync(new URL(name, folder), whole);
  return name;
}

/** All kept inputs. */
export function found(): { file: string; vocabulary: string; word: string; bytes: Uint8Array }[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name }) => name.startsWith("wire-"))
    .map(({ name }) => {
      const { vocabulary, word, bytes } = decode(Found, Deno.readFileSync(new URL(name, folder)));
      return { file: name, vocabulary: textOf(vocabulary), word: textOf(word), bytes };
    });
}
