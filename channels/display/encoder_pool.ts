import type { Log } from "../../core/log.ts";
import type { Bitmap, Image } from "../../core/protocol/image.ts";
import type { Helper } from "../spawn.ts";
import type { EncodeAnswer, EncodeJob, EncodeRequest } from "./encode_job.ts";
import { encodeBitmap } from "./encode_bitmap.ts";
import type { Codec, Encoder } from "./encoder.ts";

/** Pixels below which telling a worker costs more than the work. */
const SMALL_PIXELS = 1024;
/** A worker that is lost more often is not started again. */
const MAX_RESTARTS = 5;

interface Task {
  readonly bitmap: Bitmap;
  readonly codec: Codec;
  readonly done: (image: Image | null) => void;
}

interface Bench {
  helper: Helper;
  readonly tasks: Map<number, Task>;
  /** Shared memory that it knows, by number. */
  readonly told: Map<SharedArrayBuffer, number>;
  /** What it is told at the end of this turn. */
  request: { buffers: { n: number; memory: SharedArrayBuffer }[]; jobs: EncodeJob[] };
}

/** Encodes on other cores, over shared memory. What a lost worker had to do, another does. */
export class EncoderPool implements Encoder, Disposable {
  readonly #spawn: () => Helper;
  readonly #log: Log;
  readonly #benches: Bench[] = [];
  readonly #planned: Bench[] = [];
  #lastTask = 0;
  #restarts = 0;
  #closed = false;

  /** Starts so many workers. */
  constructor(spawn: () => Helper, count: number, log: Log) {
    this.#spawn = spawn;
    this.#log = log;
    for (let i = 0; i < count && this.#tryStart(); i++);
  }

  /** Workers that are at work. */
  get size(): number {
    return this.#benches.length;
  }

  encode(bitmap: Bitmap, codec: Codec, done: (image: Image | null) => void): void {
    const task = { bitmap, codec, done };
    if (bitmap.width * bitmap.height < SMALL_PIXELS) this.#here(task);
    else this.#give(task);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { helper } of this.#benches.splice(0)) helper.close();
  }

  #here({ bitmap, codec, done }: Task): void {
    done(encodeBitmap(bitmap, codec));
  }

  #give(task: Task): void {
    if (this.#benches.length === 0) return this.#here(task);
    const bench = this.#benches.reduce((a, b) => b.tasks.size < a.tasks.size ? b : a);
    const n = ++this.#lastTask;
    bench.tasks.set(n, task);
    if (bench.request.jobs.length === 0) this.#plan(bench);
    bench.request.jobs.push(jobOf(bench, n, task));
  }

  /** Many jobs of one turn travel in one message. */
  #plan(bench: Bench): void {
    this.#planned.push(bench);
    if (this.#planned.length > 1) return;
    queueMicrotask(() => {
      for (const bench of this.#planned.splice(0)) this.#post(bench);
    });
  }

  #post(bench: Bench): void {
    const { request } = bench;
    bench.request = { buffers: [], jobs: [] };
    const copies = request.jobs.flatMap(({ copy }) => copy ? [copy.buffer] : []);
    bench.helper.post(request satisfies EncodeRequest, copies);
  }

  /** false: it may not, or not any more: then less is done elsewhere. */
  #tryStart(): boolean {
    try {
      this.#start();
      return true;
    } catch (error) {
      this.#log.warn("encoder-not-started", { error });
      return false;
    }
  }

  #start(): void {
    const helper = this.#spawn();
    const bench: Bench = {
      helper,
      tasks: new Map(),
      told: new Map(),
      request: { buffers: [], jobs: [] },
    };
    helper.onMessage = (message) => {
      const { n, image } = message as EncodeAnswer;
      const task = bench.tasks.get(n);
      bench.tasks.delete(n);
      task?.done(image);
    };
    helper.onLost = (reason) => this.#lost(bench, reason);
    this.#benches.push(bench);
  }

  #lost(bench: Bench, reason: string): void {
    if (this.#closed) return;
    this.#benches.splice(this.#benches.indexOf(bench), 1);
    this.#log.error("encoder-lost", { reason, left: this.#benches.length });
    // the permission to read modules may be gone by now
    if (++this.#restarts <= MAX_RESTARTS) this.#tryStart();
    bench.request = { buffers: [], jobs: [] };
    for (const task of bench.tasks.values()) this.#give(task);
  }
}

function jobOf(bench: Bench, n: number, { bitmap: { data, ...bitmap }, codec }: Task): EncodeJob {
  const memory = data.buffer;
  if (!(memory instanceof SharedArrayBuffer)) return { n, codec, bitmap, copy: data.slice() };
  let buffer = bench.told.get(memory);
  if (buffer === undefined) {
    bench.told.set(memory, buffer = bench.told.size);
    bench.request.buffers.push({ n: buffer, memory });
  }
  return { n, codec, bitmap, shared: { buffer, at: data.byteOffset, length: data.length } };
}
