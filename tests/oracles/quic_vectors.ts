/**
 * What spice-common's QUIC makes of pictures, kept for where its code is not at hand: of each picture the
 * stream's digest, of some the stream. `deno run -A tests/oracles/quic_vectors.ts` renews tests/data/quic.
 */
import { createHash } from "node:crypto";
import type { QuicRows } from "../../core/codecs/quic/mod.ts";
import { frames, photograph, smallPictures } from "../kit/quic_pictures.ts";
import { QuicInC } from "./quic_in_c.ts";

const folder = new URL("../data/quic/", import.meta.url);
export const SEED = 2009;
/** Bytes of a digest: enough to see any mistake, and little. */
export const DIGEST_BYTES = 6;
/** Of so many small pictures one has its stream kept, if it is not long. */
const KEPT = 60, LONGEST = 4000;

export function digestOf(stream: Uint8Array): Uint8Array {
  return createHash("sha256").update(stream).digest().subarray(0, DIGEST_BYTES);
}

/** All pictures, in the order of the digests. */
export async function* pictures(): AsyncGenerator<QuicRows> {
  yield* smallPictures(SEED);
  yield photograph();
  yield* frames();
}

export function digests(): Uint8Array {
  return Deno.readFileSync(new URL("digests.bin", folder));
}

/** A kept stream: which of the pictures it is of, and its bytes. */
export function* streams(): Generator<{ picture: number; stream: Uint8Array }> {
  const bytes = Deno.readFileSync(new URL("streams.bin", folder));
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length;) {
    const picture = view.getUint32(at, true), size = view.getUint32(at + 4, true);
    yield { picture, stream: bytes.subarray(at + 8, at += 8 + size) };
  }
}

if (import.meta.main) {
  await using c = QuicInC.start();
  const all: Uint8Array[] = [], kept: Uint8Array[] = [];
  for await (const picture of pictures()) {
    const { bytes } = await c.encode(picture);
    if (bytes === null) throw new Error("spice-common refuses to encode");
    if (all.length % KEPT === 7 && bytes.length < LONGEST) {
      kept.push(new Uint8Array(Uint32Array.of(all.length, bytes.length).buffer), bytes);
    }
    all.push(digestOf(bytes));
  }
  Deno.mkdirSync(folder, { recursive: true });
  for (const [name, parts] of [["digests", all], ["streams", kept]] as const) {
    Deno.writeFileSync(
      new URL(`${name}.bin`, folder),
      new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()),
    );
  }
  console.log(`${all.length} pictures, ${kept.length / 2} streams`);
}
