/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** A worker's message loop; the work itself is encode_bitmap.ts. */
import type { Bitmap } from "../../core/protocol/image.ts";
import { encodeBitmap } from "./encode_bitmap.ts";
import type { EncodeAnswer, EncodeJob, EncodeRequest } from "./encode_job.ts";
import { GlzShelf } from "./glz_shelf.ts";

const buffers = new Map<number, SharedArrayBuffer>();
const shelf = new GlzShelf();

self.onmessage = ({ data }: MessageEvent<EncodeRequest>) => {
  for (const { n, memory } of data.buffers) buffers.set(n, memory);
  for (const n of data.dropped) shelf.drop(n);
  for (const job of data.jobs) {
    const bitmap = { ...job.bitmap, data: dataOf(job) } as Bitmap;
    const image = job.dictionary
      ? shelf.encode(bitmap, job.dictionary)
      : encodeBitmap(bitmap, job.codec);
    // first pictures of a screen are 8 MB and more: they are not left to the garbage collector
    job.copy?.buffer.transfer(0);
    const answer: EncodeAnswer = { n: job.n, image };
    const bytes = image && "data" in image ? image.data.buffer as ArrayBuffer : null;
    self.postMessage(answer, bytes === null ? [] : [bytes]);
  }
};

// the pool waits for it: the permission to read modules is given back afterwards
self.postMessage("ready");

function dataOf({ shared, copy }: EncodeJob): Uint8Array {
  return shared ? new Uint8Array(buffers.get(shared.buffer)!, shared.at, shared.length) : copy!;
}
