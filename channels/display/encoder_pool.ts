import { memoryOf } from "../../core/binary/linear.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Bitmap, Image } from "../../core/protocol/image.ts";
import { MOST_RESTARTS } from "../restarts.ts";
import type { Helper } from "../spawn.ts";
import { tight } from "./crop.ts";
import type {
  DictionaryPlan,
  EncodeAnswer,
  EncodeJob,
  EncodeRequest,
  SharedMemory,
} from "./encode_job.ts";
import { encodeBitmap } from "./encode_bitmap.ts";
import type { Codec, Encoder } from "./encoder.ts";
import { FrameBudget } from "./frame_budget.ts";
import type { GlzWorks } from "./glz_encoder.ts";
import { GlzShelf } from "./glz_shelf.ts";

/** Pixels below which telling a worker, some 0.2 ms of both threads, costs more than the work. */
const SMALL_PIXELS = 1024;
/** The same for codecs that take a thousand pixels in 2 µs. */
const SMALL_FOR_QUICK = 16384;

interface Task {
  readonly dictionary?: DictionaryPlan;
  readonly bitmap: Bitmap;
  readonly codec: Codec;
  readonly done: (image: Image | null) => void;
  /** A worker was lost with it. */
  readonly lost?: boolean;
}

interface Bench {
  helper: Helper;
  readonly tasks: Map<number, Task>;
  /** Shared memory that it knows, by number. */
  readonly told: Map<SharedArrayBuffer, number>;
  /** What it is told at the end of this turn. */
  request: {
    buffers: { n: number; memory: SharedMemory }[];
    jobs: EncodeJob[];
    dropped: number[];
  };
}

/** Encodes on other cores, over shared memory. What a lost worker had to do, another does. */
export class EncoderPool implements Encoder, GlzWorks, Disposable {
  readonly #spawn: () => Helper;
  readonly #log: Log;
  readonly #frames: FrameBudget;
  readonly #benches: Bench[] = [];
  readonly #planned = new Set<Bench>();
  /** Where each dictionary is. */
  readonly #glzBenches = new Map<number, Bench>();
  /** Dictionaries here, of when there were no workers. */
  readonly #shelf = new GlzShelf();
  readonly #glzHere = new Set<number>();
  readonly #loading: Promise<void>[] = [];
  /** Pictures that were to be encoded since the start, by codec. */
  readonly encodes = new Map<Codec, number>();
  #lastTask = 0;
  #restarts = 0;
  #closed = false;

  constructor(spawn: () => Helper, log: Log, clock: Clock) {
    this.#spawn = spawn;
    this.#log = log;
    this.#frames = new FrameBudget(clock);
  }

  /**
   * Starts so many workers; until then pictures are encoded here. Resolves when they have read their
   * modules, or failed to.
   */
  async start(count: number): Promise<void> {
    for (let i = 0; i < count && this.#tryStart(); i++);
    await Promise.all(this.#loading.splice(0));
  }

  /** Workers that are at work. */
  get size(): number {
    return this.#benches.length;
  }

  encode(bitmap: Bitmap, codec: Codec, done: (image: Image | null) => void): void {
    this.#count(codec);
    const task = { bitmap, codec, done };
    const small = codec === "lz" || codec === "lz4" ? SMALL_FOR_QUICK : SMALL_PIXELS;
    const pixels = bitmap.width * bitmap.height;
    if (pixels < small || codec.startsWith("mjpeg") && this.#frames.takes(pixels)) this.#here(task);
    else this.#give(task);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { helper } of this.#benches.splice(0)) helper.close();
  }

  #count(codec: Codec): void {
    this.encodes.set(codec, (this.encodes.get(codec) ?? 0) + 1);
  }

  #here({ bitmap, codec, done }: Task): void {
    this.#finish(codec, () => encodeBitmap(bitmap, codec), done);
  }

  #finish(codec: Codec, make: () => Image | null, done: Task["done"]): void {
    let image: Image | null = null;
    try {
      image = make();
    } catch (error) {
      this.#failed(codec, error);
    }
    done(image);
  }

  /** The picture goes as it is. */
  #failed(codec: Codec, error: unknown): void {
    this.#log.error("encoding-failed", { codec, error });
  }

  encodeGlz(bitmap: Bitmap, plan: DictionaryPlan, done: (image: Image | null) => void): void {
    this.#count("glz");
    let bench = this.#glzBenches.get(plan.n);
    if (!bench) {
      // one that began here goes on here
      if (this.#benches.length === 0 || this.#glzHere.has(plan.n)) {
        this.#glzHere.add(plan.n);
        return this.#finish("glz", () => this.#shelf.encode(bitmap, plan), done);
      }
      bench = this.#benches[plan.n % this.#benches.length];
      this.#glzBenches.set(plan.n, bench);
    }
    this.#giveTo(bench, { bitmap, codec: "glz", dictionary: plan, done });
  }

  dropGlz(dictionary: number): void {
    if (this.#glzHere.delete(dictionary)) this.#shelf.drop(dictionary);
    const bench = this.#glzBenches.get(dictionary);
    if (!bench) return;
    this.#glzBenches.delete(dictionary);
    bench.request.dropped.push(dictionary);
    this.#plan(bench);
  }

  #give(task: Task): void {
    if (this.#benches.length === 0) return this.#here(task);
    this.#giveTo(this.#benches.reduce((a, b) => b.tasks.size < a.tasks.size ? b : a), task);
  }

  #giveTo(bench: Bench, task: Task): void {
    const n = ++this.#lastTask;
    bench.tasks.set(n, task);
    bench.request.jobs.push(jobOf(bench, n, task));
    this.#plan(bench);
  }

  /** Many jobs of one turn travel in one message. */
  #plan(bench: Bench): void {
    if (this.#planned.has(bench)) return;
    this.#planned.add(bench);
    if (this.#planned.size > 1) return;
    queueMicrotask(() => {
      const planned = [...this.#planned];
      this.#planned.clear();
      for (const bench of planned) this.#post(bench);
    });
  }

  #post(bench: Bench): void {
    const { request } = bench;
    bench.request = { buffers: [], jobs: [], dropped: [] };
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
    const ready = Promise.withResolvers<void>();
    this.#loading.push(ready.promise);
    const bench: Bench = {
      helper,
      tasks: new Map(),
      told: new Map(),
      request: { buffers: [], jobs: [], dropped: [] },
    };
    helper.onMessage = (message) => {
      if (message === "ready") return ready.resolve();
      const { n, image, fault } = message as EncodeAnswer;
      const task = bench.tasks.get(n);
      bench.tasks.delete(n);
      if (task && fault !== undefined) this.#failed(task.codec, fault);
      task?.done(image);
    };
    helper.onLost = (reason) => {
      ready.resolve();
      this.#lost(bench, reason);
    };
    this.#benches.push(bench);
  }

  #lost(bench: Bench, reason: string): void {
    if (this.#closed) return;
    this.#benches.splice(this.#benches.indexOf(bench), 1);
    this.#log.error("encoder-lost", { reason, left: this.#benches.length });
    // the permission to read modules may be gone by now
    if (++this.#restarts <= MOST_RESTARTS) this.#tryStart();
    bench.request = { buffers: [], jobs: [], dropped: [] };
    this.#planned.delete(bench);
    for (const [n, at] of this.#glzBenches) if (at === bench) this.#glzBenches.delete(n);
    for (const task of bench.tasks.values()) {
      // a dictionary that is lost cannot go on elsewhere; and who was lost twice may be why
      if (task.dictionary || task.lost) task.done(null);
      else this.#give({ ...task, lost: true });
    }
  }
}

function jobOf(bench: Bench, n: number, task: Task): EncodeJob {
  const { codec, dictionary } = task;
  if (!(task.bitmap.data.buffer instanceof SharedArrayBuffer)) {
    // of a part no more than its own pixels
    const { data, ...bitmap } = tight(task.bitmap);
    return {
      n,
      codec,
      dictionary,
      bitmap,
      copy: data === task.bitmap.data ? data.slice() : data as Uint8Array<ArrayBuffer>,
    };
  }
  const { data, ...bitmap } = task.bitmap, memory = task.bitmap.data.buffer;
  let buffer = bench.told.get(memory);
  if (buffer === undefined) {
    bench.told.set(memory, buffer = bench.told.size);
    bench.request.buffers.push({ n: buffer, memory: memoryOf(memory) ?? memory });
  }
  const shared = { buffer, at: data.byteOffset, length: data.length };
  return { n, codec, dictionary, bitmap, shared };
}
