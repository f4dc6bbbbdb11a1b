/**
 * The monitors of an X screen (RandR 1.5): what window managers maximise on, and what clients show as
 * heads. The package has no requests for them. Source of truth: randrproto.txt, RRGetMonitors and its
 * neighbours.
 */
import { Buffer } from "node:buffer";
import { list } from "../../../core/binary/bytes.ts";
import { i16, u16, u32, u8 } from "../../../core/binary/cell.ts";
import { type Codec, decode, encode, type Value } from "../../../core/binary/codec.ts";
import { lengthOf, struct } from "../../../core/binary/struct.ts";
import type { Head } from "../../../core/protocol/display.ts";
import type { XDisplay } from "./x_display.ts";

/** Minor opcodes. */
const GET_MONITORS = 42, SET_MONITOR = 43, DELETE_MONITOR = 44;

const RequestHead = struct("RequestHead", { opcode: u8, minor: u8, words: u16 });
/** name: an atom. */
const Monitor = struct("Monitor", {
  name: u32,
  primary: u8,
  automatic: u8,
  outputCount: lengthOf(u16, "outputs"),
  x: i16,
  y: i16,
  width: u16,
  height: u16,
  widthMm: u32,
  heightMm: u32,
  outputs: list("outputCount", u32),
});
const SetMonitor = struct("SetMonitor", { window: u32, monitor: Monitor });
const DeleteMonitor = struct("DeleteMonitor", { window: u32, name: u32 });
const GetMonitors = struct("GetMonitors", { window: u32, active: u32 });
/** What follows the reply's length. */
export const Monitors = struct("Monitors", {
  time: u32,
  count: lengthOf(u32, "monitors"),
  outputCount: u32,
  padding: u32,
  padding2: u32,
  padding3: u32,
  monitors: list("count", Monitor),
});

/** Heads that a screen is divided into at most. */
export const MOST_HEADS = 4;

/** What a head shows. */
export type Shape = Pick<Head, "x" | "y" | "width" | "height">;

/** RandR wants millimetres; so many pixels are an inch of 25.4. */
export const mm = (pixels: number): number => Math.round(pixels * 25.4 / 96);

export class XMonitors {
  constructor(readonly display: XDisplay) {}

  /**
   * What the X server has, the primary first; of those that show the same only one. Where a screen was
   * divided here, only what it was divided into. Rejects where there is no RandR 1.5.
   */
  async heads(): Promise<Shape[]> {
    const { width, height } = this.display, all = await this.#all();
    const ours = await this.#ours(all);
    const heads: Shape[] = [];
    for (const monitor of ours.length > 0 ? ours : all) {
      const left = Math.max(0, monitor.x), top = Math.max(0, monitor.y);
      const head = {
        x: left,
        y: top,
        width: Math.min(width, monitor.x + monitor.width) - left,
        height: Math.min(height, monitor.y + monitor.height) - top,
      };
      if (head.width <= 0 || head.height <= 0 || heads.some((other) => alike(other, head))) {
        continue;
      }
      if (monitor.primary) heads.unshift(head);
      else heads.push(head);
    }
    return heads;
  }

  /** What the screen was divided into here, perhaps by a program before; none: it was not. */
  async divided(): Promise<Shape[]> {
    const ours = await this.#ours(await this.#all().catch(() => []));
    return ours.map(({ x, y, width, height }) => ({ x, y, width, height }));
  }

  /**
   * Several share the screen of an output; one is all of it, which the server knows by itself.
   * SPEC: X servers up to 21.1 refuse to set a monitor that is there (rrmonitor.c, RRMonitorAdd).
   */
  async set(heads: readonly Shape[], output: number): Promise<void> {
    const window = this.display.root;
    for (const { name } of await this.#ours(await this.#all().catch(() => []))) {
      this.#send(DELETE_MONITOR, DeleteMonitor, { window, name });
    }
    if (heads.length < 2) return;
    const names = await this.#names();
    for (const [i, { x, y, width, height }] of heads.slice(0, names.length).entries()) {
      const size = { width, height, widthMm: mm(width), heightMm: mm(height) };
      const first = i === 0;
      const monitor = { name: names[i], primary: Number(first), automatic: 0, x, y, ...size };
      this.#send(SET_MONITOR, SetMonitor, {
        window,
        monitor: { ...monitor, outputs: first ? [output] : [] },
      });
    }
  }

  async #all(): Promise<Value<typeof Monitor>[]> {
    const { x, root } = this.display;
    const answered = await this.display.ask<Uint8Array>((answer) => {
      x.seq_num++;
      x.pack_stream.put(this.#request(GET_MONITORS, GetMonitors, { window: root, active: 1 }));
      x.replies[x.seq_num] = [(reply) => reply, answer];
      x.pack_stream.submit(true);
    });
    return decode(Monitors, answered).monitors;
  }

  /** Those that were made here, or by another of our programs, in their order. */
  async #ours(all: readonly Value<typeof Monitor>[]): Promise<Value<typeof Monitor>[]> {
    const names = await this.#names();
    return names.flatMap((name) => all.find((monitor) => monitor.name === name) ?? []);
  }

  #names(): Promise<number[]> {
    return Promise.all(
      Array.from({ length: MOST_HEADS }, (_, i) => this.display.atom(`SPICE-${i}`)),
    );
  }

  #send<T>(minor: number, codec: Codec<T>, body: T): void {
    const { x } = this.display;
    x.seq_num++;
    x.pack_stream.put(this.#request(minor, codec, body));
    x.pack_stream.submit();
  }

  /** The package takes nothing but a Buffer. */
  #request<T>(minor: number, codec: Codec<T>, body: T): Buffer {
    const { majorOpcode: opcode } = this.display.extensions.randr, rest = encode(codec, body);
    const head = encode(RequestHead, { opcode, minor, words: 1 + rest.length / 4 });
    return Buffer.concat([head, rest]);
  }
}

/** Whether two heads show the same. */
export const alike = (a: Shape, b: Shape): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
