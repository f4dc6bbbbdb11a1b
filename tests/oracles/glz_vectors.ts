/** `deno run -A tests/oracles/glz_vectors.ts` renews tests/data/glz/vectors.gz: a conversation as libspice encodes it. */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { conversation, tight } from "../kit/glz_conversation.ts";
import { cGlz } from "./c_glz.ts";
import { types } from "./glz.ts";

const c = cGlz();
if (typeof c === "string") throw new Error(c);
const jobs = [...conversation(2013, 120)].map((rows) => ({
  ...rows,
  work: "encode" as const,
  type: types[rows.format],
  data: tight(rows),
}));
const parts = c(30_000, jobs).flatMap(({ bytes }) => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes!.length);
  return [size, bytes!];
});
const folder = new URL("../data/glz/", import.meta.url);
await Deno.mkdir(folder, { recursive: true });
const packed = gzipSync(Buffer.concat(parts), { level: 9 });
await Deno.writeFile(new URL("vectors.gz", folder), packed);
console.log(`${packed.length} bytes`);
