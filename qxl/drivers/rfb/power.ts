import type { GuestPower, GuestState } from "../../../core/guest.ts";
import type { Monitor, QmpEvent } from "./qmp.ts";

/**
 * Whether a guest runs, as its picture's connection and QEMU's monitor tell. Source of truth:
 * qapi/run-state.json.
 */
export class Power implements GuestPower {
  readonly #monitor: Monitor | null;
  readonly #listeners: ((state: GuestState) => void)[] = [];
  #seen = false;
  /** What the monitor says of the processor; null: nothing. */
  #told: GuestState | null = null;
  #state: GuestState = "off";

  constructor(monitor: Monitor | null) {
    this.#monitor = monitor;
    monitor?.onEvent((event) => this.#hear(event));
  }

  get state(): GuestState {
    return this.#state;
  }

  onState(listener: (state: GuestState) => void): void {
    this.#listeners.push(listener);
  }

  get controllable(): boolean {
    return this.#monitor !== null;
  }

  async powerDown(): Promise<void> {
    await this.#monitor?.execute("system_powerdown");
  }

  async reset(): Promise<void> {
    await this.#monitor?.execute("system_reset");
  }

  /** The picture's connection came or went. */
  set seen(seen: boolean) {
    this.#seen = seen;
    if (!seen && !this.#monitor?.connected) this.#told = null;
    this.#settle();
  }

  #hear({ event, data }: QmpEvent): void {
    switch (event) {
      case "CONNECTED":
        this.#ask();
        break;
      case "DISCONNECTED":
        this.#told = null;
        break;
      case "STOP":
        // a guest that shut down is stopped too
        if (this.#told !== "off") this.#told = "paused";
        break;
      case "RESUME":
      case "WAKEUP":
        this.#told = "running";
        break;
      case "SUSPEND":
        this.#told = "paused";
        break;
      case "SHUTDOWN":
        // SPEC: with -no-shutdown QEMU stays, and can be reset
        if (data.guest !== undefined) this.#told = "off";
        break;
      case "RESET":
        if (this.#told === "off") this.#told = "running";
        break;
    }
    this.#settle();
  }

  async #ask(): Promise<void> {
    const status = await this.#monitor?.execute("query-status").catch(() => null);
    if (typeof status !== "object" || status === null || !("status" in status)) return;
    this.#told = STATES[String(status.status)] ?? "running";
    this.#settle();
  }

  #settle(): void {
    const state = this.#told ?? (this.#seen ? "running" : "off");
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

/** RunState, where it is not "running". */
const STATES: Readonly<Record<string, GuestState>> = {
  paused: "paused",
  suspended: "paused",
  "io-error": "paused",
  "internal-error": "paused",
  "guest-panicked": "paused",
  watchdog: "paused",
  debug: "paused",
  "save-vm": "paused",
  "restore-vm": "paused",
  colo: "paused",
  prelaunch: "starting",
  inmigrate: "starting",
  "finish-migrate": "paused",
  postmigrate: "off",
  shutdown: "off",
};
