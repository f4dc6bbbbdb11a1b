/** What lets into an X server, as Xau writes it into a file. Source of truth: Xauth(7), Xau's AuWrite.c. */
import { bytesOfText } from "../../../core/binary/text.ts";

export const COOKIE_NAME = "MIT-MAGIC-COOKIE-1";
/** FamilyWild: whatever the host is called. */
const WILD = 0xffff;

interface Entry {
  readonly family: number;
  readonly display: string;
  readonly name: string;
  readonly data: Uint8Array;
}

/** A file with one entry, for every address; display: its number, "": each. */
export function writeCookie(display: string, cookie: Uint8Array): Uint8Array<ArrayBuffer> {
  const counted = (bytes: Uint8Array) => [bytes.length >> 8, bytes.length & 255, ...bytes];
  return Uint8Array.from([
    WILD >> 8,
    WILD & 255,
    ...counted(new Uint8Array(0)),
    ...counted(bytesOfText(display)),
    ...counted(bytesOfText(COOKIE_NAME)),
    ...counted(cookie),
  ]);
}

/** The cookie of a display in such a file; null: there is none. A file that is cut off is read as far as it goes. */
export function readCookie(file: Uint8Array, display: string): Uint8Array | null {
  for (const entry of entries(file)) {
    if (entry.name !== COOKIE_NAME) continue;
    if (entry.display === "" || entry.display === display) return entry.data;
  }
  return null;
}

function* entries(file: Uint8Array): Generator<Entry> {
  let at = 0;
  const u16 = () => (file[at++] << 8) | file[at++];
  const counted = () => {
    const n = u16();
    return file.subarray(at, at += n);
  };
  const text = () => new TextDecoder().decode(counted());
  while (at + 2 <= file.length) {
    const family = u16();
    counted();
    const entry = { family, display: text(), name: text(), data: counted() };
    if (at > file.length) return;
    yield entry;
  }
}
