/// <reference lib="dom" />
/** Files on their way into the guest. Source of truth: vd_agent.h; spice-gtk's spice-file-transfer-task.c. */
import {
  type AgentTable,
  FileXferNotEnoughSpace,
  FileXferResult,
} from "../../core/protocol/agent.ts";
import { decode } from "../../core/binary/codec.ts";
import type { BodyOf } from "../../core/protocol/channel.ts";
import type { TransferNews } from "./orders.ts";

export interface TransfersHost {
  /** Resolves when the server has taken it. */
  say<K extends "fileXferStart" | "fileXferStatus" | "fileXferData">(
    name: K,
    body: BodyOf<AgentTable[K]>,
  ): Promise<void>;
  news(news: TransferNews): void;
}

/** A part of a file that is read at once. */
const PART_BYTES = 64 << 10;
/** How often progress is told. */
const TELL_MS = 100;
/** Files beyond these wait for the others. */
const MOST_AT_ONCE = 4;

interface Task {
  readonly id: number;
  readonly file: File;
  sent: number;
  begun: boolean;
  over: boolean;
}

export class Transfers {
  readonly #host: TransfersHost;
  readonly #tasks = new Map<number, Task>();

  constructor(host: TransfersHost) {
    this.#host = host;
  }

  send(id: number, file: File): void {
    this.#tasks.set(id, { id, file, sent: 0, begun: false, over: false });
    this.#tell(this.#tasks.get(id)!, "waiting");
    this.#next();
  }

  cancel(id: number): void {
    const task = this.#tasks.get(id);
    if (!task) return;
    if (task.begun) this.#cancelled(id);
    this.#end(task, "cancelled");
  }

  /** There is nobody any more who would take them. */
  drop(why: string): void {
    const tasks = [...this.#tasks.values()];
    // none of those that wait begins because another ends
    this.#tasks.clear();
    for (const task of tasks) this.#end(task, "failed", why);
  }

  /** The agent's word on one of them. */
  status({ id, result, data }: BodyOf<AgentTable["fileXferStatus"]>): void {
    const task = this.#tasks.get(id);
    if (!task) return;
    switch (result) {
      case FileXferResult.canSendData:
        this.#push(task).catch((error) => {
          this.#cancelled(id);
          this.#end(task, "failed", `This browser cannot read it: ${error}`);
        });
        return;
      case FileXferResult.success:
        task.sent = task.file.size;
        return this.#end(task, "done");
      default:
        return this.#end(task, "failed", reason(result, data));
    }
  }

  #next(): void {
    const waiting = [...this.#tasks.values()].filter(({ begun }) => !begun);
    const free = MOST_AT_ONCE - (this.#tasks.size - waiting.length);
    for (const task of waiting.slice(0, Math.max(0, free))) {
      task.begun = true;
      // a name is one line of a key file
      const name = task.file.name.replaceAll(/[\\/\p{Cc}]/gu, "_");
      const text = `[vdagent-file-xfer]\nname=${name}\nsize=${task.file.size}\n\0`;
      this.#host.say("fileXferStart", { id: task.id, data: new TextEncoder().encode(text) });
    }
  }

  async #push(task: Task): Promise<void> {
    const { id, file } = task;
    let told = 0;
    do {
      const part = file.slice(task.sent, task.sent + PART_BYTES);
      const data = new Uint8Array(await part.arrayBuffer());
      if (task.over) return;
      await this.#host.say("fileXferData", { id, data });
      task.sent += data.length;
      if (task.over) return;
      const now = performance.now();
      if (now - told > TELL_MS) {
        told = now;
        this.#tell(task, "sending");
      }
    } while (task.sent < file.size);
    this.#tell(task, "sending");
  }

  #cancelled(id: number): void {
    const result = FileXferResult.cancelled;
    this.#host.say("fileXferStatus", { id, result, data: new Uint8Array() });
  }

  #end(task: Task, state: TransferNews["state"], why = ""): void {
    task.over = true;
    this.#tasks.delete(task.id);
    this.#tell(task, state, why);
    this.#next();
  }

  #tell({ id, file, sent }: Task, state: TransferNews["state"], why = ""): void {
    this.#host.news({ news: "transfer", id, name: file.name, sent, size: file.size, state, why });
  }
}

function reason(result: number, data: Uint8Array): string {
  switch (result) {
    case FileXferResult.cancelled:
      return "The guest does not want it";
    case FileXferResult.notEnoughSpace: {
      if (data.length < 8) return "The guest's disk is full";
      const { diskFreeSpace } = decode(FileXferNotEnoughSpace, data, { rest: true });
      return `The guest's disk has only ${Math.floor(Number(diskFreeSpace) / 1e6)} MB left`;
    }
    case FileXferResult.sessionLocked:
      return "The guest's screen is locked: unlock it first";
    case FileXferResult.vdagentNotConnected:
      return "Nobody is logged in at the guest";
    case FileXferResult.disabled:
      return "The guest takes no files: that is switched off";
    default:
      return "The guest could not write it";
  }
}
