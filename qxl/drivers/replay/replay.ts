/** Plays a recording into a card, at its own pace, as fast as it is taken, or step by step with its viewers. */
import type { Clock } from "../../../core/clock.ts";
import type { Audience, GuestReport } from "../../../core/guest.ts";
import type { Driver } from "../../driver.ts";
import type { RecordedAction, RecordedEvent, RecordingReader } from "./recording.ts";

/** recorded: by time stamp; max: as fast as taken; lockstep: the next when every viewer has the last. */
export type Pace = "recorded" | "max" | "lockstep";

export interface ReplayOptions {
  readonly pace: Pace;
  /** Hold until so many display channels are up. */
  readonly waitClients: number;
  /** Begin again, with a card just reset, for ever. */
  readonly loop: boolean;
}

/** The part of qxl/driver.ts that a recording needs. */
export type ReplayDriver = Pick<
  Driver,
  | "createPrimary"
  | "destroyPrimary"
  | "draw"
  | "createSurface"
  | "destroySurface"
  | "cursor"
  | "updateArea"
  | "room"
>;

/** What a replay stands on. */
export interface Stage {
  readonly driver: ReplayDriver;
  /** Resolves when somebody watches, with who it is. */
  audience(): Promise<Audience>;
  /** The recording from its start, in pieces of any size. */
  open(): AsyncIterable<Uint8Array>;
  reader(): RecordingReader;
  /** A timer of 0 ms lets sockets be served. */
  readonly clock: Clock;
}

/** After so much work in one go, sockets get their turn. */
const sliceMs = 5;

export class Replay {
  #commands = 0;
  #draws = 0;
  #began = 0;
  #turn = 0;
  #since = 0;
  readonly #driver: ReplayDriver;
  #surfaces = new Set<number>();
  #stop = Promise.withResolvers<never>();
  #stopped = false;

  constructor(readonly stage: Stage, readonly options: ReplayOptions) {
    this.#driver = stage.driver;
    this.#stop.promise.catch(() => {});
  }

  /** Ends the playing soon. */
  stop(): void {
    this.#stopped = true;
    this.#stop.reject(stopped);
  }

  /** Plays; resolves at the recording's end, or when stopped. Rejects with RecordingError. */
  async play(): Promise<GuestReport> {
    try {
      // without an audience the card takes no commands
      const audience = await this.#or(this.stage.audience());
      await this.#or(audience.whenViewers(this.options.waitClients));
      this.#began = this.#turn = this.stage.clock.now();
      do {
        await this.#once();
        if (this.options.loop) await this.#clear();
      } while (this.options.loop);
    } catch (error) {
      if (error !== stopped) throw error;
    }
    const seconds = this.#began === 0 ? 0 : (this.stage.clock.now() - this.#began) / 1000;
    return { commands: this.#commands, draws: this.#draws, seconds };
  }

  /** The promise, or an end with `stopped`. */
  #or<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#stop.promise]);
  }

  async #once(): Promise<void> {
    const reader = this.stage.reader();
    const start = { wallMs: this.stage.clock.now(), recordedNs: -1 };
    for await (const chunk of this.stage.open()) {
      reader.push(chunk);
      await this.#all(reader, start);
    }
    reader.end();
    await this.#all(reader, start);
  }

  /** As if the guest had just been switched on. */
  async #clear(): Promise<void> {
    while (!this.#apply({ kind: "surfacesDestroy" })) await this.#or(this.#driver.room());
    const command = { kind: "reset" } as const;
    while (!this.#apply({ kind: "cursor", command })) await this.#or(this.#driver.room());
    await this.#pause(0);
  }

  async #all(
    reader: RecordingReader,
    start: { wallMs: number; recordedNs: number },
  ): Promise<void> {
    const { stage, options: { pace } } = this;
    for (let event = reader.next(); event; event = reader.next()) {
      if (this.#stopped) throw stopped;
      if (event.action.kind === "worker") continue;
      if (pace === "recorded") {
        if (start.recordedNs < 0) start.recordedNs = event.timeNs;
        const due = start.wallMs + (event.timeNs - start.recordedNs) / 1e6;
        const early = due - stage.clock.now();
        if (early > 1) await this.#pause(early);
      }
      // a promise only when there is something to wait for: most commands find room
      while (!this.#apply(event.action)) await this.#or(this.#driver.room());
      this.#count(event);
      if (pace === "lockstep" && event.command) {
        await this.#or((await this.#or(stage.audience())).drained());
      }
      // asking the clock costs as much as reading a small command
      if ((++this.#since & 7) === 0 && stage.clock.now() - this.#turn > sliceMs) {
        await this.#pause(0);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.stage;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(ms, resolve);
    await this.#or(promise).finally(cancel);
    this.#turn = clock.now();
  }

  #count(event: RecordedEvent): void {
    if (!event.command) return;
    this.#commands++;
    if (event.action.kind === "draw") this.#draws++;
  }

  /** false: no room, nothing was done. */
  #apply(action: RecordedAction): boolean {
    const driver = this.#driver;
    switch (action.kind) {
      case "draw":
        return driver.draw(action.drawing, action.options);
      case "cursor":
        return driver.cursor(action.command);
      case "update":
        driver.updateArea(action.surfaceId, action.area);
        return true;
      case "surfaceCreate": {
        const { id, format, width, height, stride, pixels } = action;
        const done = driver.createSurface(id, format, width, height, stride, pixels);
        if (done) this.#surfaces.add(id);
        return done;
      }
      case "surfaceDestroy": {
        const done = driver.destroySurface(action.id);
        if (done) this.#surfaces.delete(action.id);
        return done;
      }
      case "primaryCreate":
        driver.createPrimary(action, action.pixels.length > 0 ? action.pixels : undefined);
        return true;
      case "primaryDestroy":
        driver.destroyPrimary();
        return true;
      case "surfacesDestroy":
        for (const id of this.#surfaces) {
          if (!driver.destroySurface(id)) return false;
          this.#surfaces.delete(id);
        }
        driver.destroyPrimary();
        return true;
      case "nop":
      case "message":
      case "worker":
        return true;
    }
  }
}

const stopped = Symbol("stopped");
