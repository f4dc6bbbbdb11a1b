import { ProtocolError } from "../binary/error.ts";
import type { Duplex } from "./duplex.ts";

/**
 * Reads exactly n bytes and not one more, so that whoever reads next finds the stream where it should be.
 * ProtocolError: the other end closed before.
 */
export async function readExactly(duplex: Duplex, n: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n;) {
    const got = await duplex.read(at === 0 ? bytes : bytes.subarray(at));
    if (got === null) {
      throw new ProtocolError(`The other end closed after ${at} of ${n} bytes of the link`);
    }
    at += got;
  }
  return bytes;
}

/** Writes all of the bytes. */
export async function writeAll(duplex: Duplex, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await duplex.write(bytes.subarray(at));
}

/** The same stream with bytes put back in front of what it will read. */
export function putBack(bytes: Uint8Array, duplex: Duplex): Duplex {
  let left = bytes;
  return {
    remote: duplex.remote,
    read(into) {
      if (left.length === 0) return duplex.read(into);
      const n = Math.min(left.length, into.length);
      into.set(left.subarray(0, n));
      left = left.subarray(n);
      return Promise.resolve(n);
    },
    write: (some, lastAt) => duplex.write(some, lastAt),
    close: () => duplex.close(),
  };
}
