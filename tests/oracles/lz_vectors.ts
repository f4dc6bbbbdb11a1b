/** `deno run -A tests/oracles/lz_vectors.ts` renews tests/data/lz/vectors.gz: pictures as spice-common encodes them. */
import { gzipSync } from "node:zlib";
import { seeded } from "../../core/binary/random.ts";
import { lzFormats, lzPicture, visible } from "../kit/lz_pictures.ts";
import { cLz } from "./c_lz.ts";
import { rowBytesOf, typeOf } from "./lz.ts";

const c = cLz();
if (typeof c === "string") throw new Error(c);
const random = seeded(2012);
const pictures = Array.from({ length: 400 }, (_, i) => {
  const size = () => 1 + random.below(i < 300 ? 24 : 70);
  return lzPicture(random, lzFormats[i % lzFormats.length], size(), size());
}).concat(lzPicture(random, "bit8", 330, 270), lzPicture(random, "rgba", 310, 260));
const parts: Uint8Array[] = [];
const results = c(pictures.map((picture) => {
  const { format, width, height, stride, data } = picture;
  const rowBytes = rowBytesOf(format, width);
  const rows = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
  }
  return {
    ...picture,
    work: "encode" as const,
    type: typeOf(format),
    stride: rowBytes,
    data: rows,
  };
}));
pictures.forEach((picture, i) => {
  for (const bytes of [results[i].bytes!, visible(picture)]) {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length);
    parts.push(size, bytes);
  }
});
const file = new URL("../data/lz/", import.meta.url);
Deno.mkdirSync(file, { recursive: true });
const packed = gzipSync(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()), {
  level: 9,
});
Deno.writeFileSync(new URL("vectors.gz", file), packed);
console.log(`${packed.length} bytes`);
