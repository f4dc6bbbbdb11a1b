/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/** A worker's message loop; the work itself is encode_bitmap.ts. */
import { adopt } from "../../core/binary/linear.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import { encodeBitmap } from "./encode_bitmap.ts";
import type { EncodeAnswer, EncodeJob, EncodeRequest } from "./encode_job.ts";
import { GlzShelf } from "./glz_shelf.ts";

const buffers = new Map<number, SharedArrayBuffer>();
const shelf = new GlzShelf();

self.onmessage = ({ data }: MessageEvent<EncodeRequest>) => {
  for (const { n, memory } of data.buffers) {
    buffers.set(n, memory instanceof WebAssembly.Memory ? adopt(memory) : memory);
  }
  for (const n of data.dropped) shelf.drop(n);
  for (const job of data.jobs) {
    const answer = encoded(job);
    // first pictures of a screen are 8 MB and more: they are not left to the garbage collector
    job.copy?.buffer.transfer(0);
    const { image } = answer;
    const bytes = image && "data" in image ? image.data.buffer as ArrayBuffer : null;
    self.postMessage(answer, bytes === null ? [] : [bytes]);
  }
};

/** No picture of a guest's may end the thread that encodes for all. */
function encoded(job: EncodeJob): EncodeAnswer {
  const { n, dictionary, codec } = job;
  try {
    const bitmap = { ...job.bitmap, data: dataOf(job) } as Bitmap;
    const image = dictionary ? shelf.encode(bitmap, dictionary) : encodeBitmap(bitmap, codec);
    return { n, image };
  } catch (fault) {
    return { n, image: null, fault };
  }
}

// the pool waits for it: the permission to read modules is given back afterwards
self.postMessage("ready");

function dataOf({ shared, copy }: EncodeJob): Uint8Array {
  return shared ? new Uint8Array(buffers.get(shared.buffer)!, shared.at, shared.length) : copy!;
}
