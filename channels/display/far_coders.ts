/** ffmpeg's processes, started and fed by a worker: the half that serves needs no right to run a program. */
import type { Log } from "../../core/log.ts";
import type { Bitmap } from "../../core/protocol/image.ts";
import type { Helper } from "../spawn.ts";
import type { FrameMaker } from "./coder.ts";

/** What the worker is told: to start number n with these arguments, its next picture, or to end it. */
export type CoderOrder =
  | { readonly start: number; readonly args: readonly string[] }
  /** The data is a view of shared memory, or a copy. */
  | { readonly give: number; readonly picture: Bitmap }
  | { readonly close: number };

/** What it says: a picture has been read; its frame; it ended, and whether for good. */
export type CoderNews =
  | { readonly taken: number }
  | { readonly frame: number; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly ended: number; readonly reason: string; readonly never: boolean };

/** The worker's processes as they are seen from here. */
export class FarCoders {
  readonly #helper: Pick<Helper, "post" | "onMessage" | "onLost">;
  readonly #makers = new Map<number, FarCoder>();
  #last = 0;
  #lost: string | null = null;

  constructor(helper: Pick<Helper, "post" | "onMessage" | "onLost">, log: Log) {
    this.#helper = helper;
    helper.onMessage = (message) => this.#hear(message as CoderNews);
    helper.onLost = (reason, again) => {
      log.error("coding-lost", { reason, again });
      if (!again) this.#lost = reason;
      const makers = [...this.#makers.values()];
      // the one that has its place knows of none of them
      this.#makers.clear();
      for (const maker of makers) maker.onEnd?.(reason, !again);
    };
  }

  readonly start = (args: readonly string[]): FrameMaker => {
    const n = ++this.#last;
    const maker = new FarCoder(
      (picture) => this.#give(n, picture),
      () => {
        if (this.#makers.delete(n)) this.#post({ close: n });
      },
    );
    this.#makers.set(n, maker);
    this.#post({ start: n, args });
    return maker;
  };

  /** true: the picture's memory is not needed any more. */
  #give(n: number, picture: Bitmap): boolean {
    if (this.#lost !== null) {
      this.#makers.get(n)?.onEnd?.(this.#lost, true);
      return true;
    }
    const shared = picture.data.buffer instanceof SharedArrayBuffer;
    const data = shared ? picture.data : picture.data.slice();
    const order: CoderOrder = { give: n, picture: { ...picture, data } };
    this.#helper.post(order, shared ? [] : [data.buffer as ArrayBuffer]);
    return !shared;
  }

  #post(order: CoderOrder): void {
    if (this.#lost === null) this.#helper.post(order);
  }

  #hear(news: CoderNews): void {
    if ("taken" in news) this.#makers.get(news.taken)?.taken();
    else if ("frame" in news) this.#makers.get(news.frame)?.onFrame?.(news.data);
    else {
      const maker = this.#makers.get(news.ended);
      this.#makers.delete(news.ended);
      maker?.onEnd?.(news.reason, news.never);
    }
  }
}

class FarCoder implements FrameMaker {
  onFrame: ((frame: Uint8Array<ArrayBuffer>) => void) | null = null;
  onEnd: ((reason: string, never: boolean) => void) | null = null;
  #taken: (() => void) | null = null;

  constructor(readonly send: (picture: Bitmap) => boolean, readonly close: () => void) {}

  give(picture: Bitmap, taken: () => void): void {
    this.#taken = taken;
    if (this.send(picture)) this.taken();
  }

  /** The picture given last has been read. */
  taken(): void {
    const call = this.#taken;
    this.#taken = null;
    call?.();
  }
}
