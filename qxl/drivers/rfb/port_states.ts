/**
 * Which of QEMU's ports are open inside the guest: a socket that QEMU listens at says nothing of it.
 * Source of truth: qapi/char.json of QEMU, VSERPORT_CHANGE and query-chardev.
 */
import type { GuestPortStates } from "../../../core/guest.ts";
import type { Monitor } from "./qmp.ts";

interface Watch {
  readonly socket: string;
  readonly listener: (open: boolean | null) => void;
}

export class PortStates implements GuestPortStates {
  readonly #monitor: Monitor;
  readonly #watches = new Set<Watch>();
  /** What is known, by socket. */
  readonly #open = new Map<string, boolean | null>();
  /** Sockets by the names of their chardevs, and those by the ids of ports. */
  readonly #sockets = new Map<string, string>();
  readonly #chardevs = new Map<string, string>();
  /** Answers come before the next event is looked at. */
  #work: Promise<void> = Promise.resolve();

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
    monitor.onEvent(({ event, data: { id, open } }) => {
      if (event === "CONNECTED") this.#later(() => this.#ask());
      else if (event === "DISCONNECTED") this.#later(() => this.#forget());
      else if (event === "VSERPORT_CHANGE" && typeof id === "string") {
        this.#later(() => this.#changed(id, open === true));
      }
    });
  }

  watch(socket: string, listener: (open: boolean | null) => void): () => void {
    const watch = { socket, listener };
    this.#watches.add(watch);
    listener(this.#open.get(socket) ?? null);
    return () => this.#watches.delete(watch);
  }

  #later(work: () => void | Promise<void>): void {
    // a monitor that is lost or refuses leaves us where we were
    this.#work = this.#work.then(work).catch(() => {});
  }

  async #ask(): Promise<void> {
    const known = await this.#look();
    // SPEC (QEMU, virtio-console.c): a port without an id never says that it was opened, so one that is
    // closed may be open a moment later
    for (const [socket, open] of known) this.#tell(socket, open || null);
  }

  /** Which sockets there are, and which of them are open. */
  async #look(): Promise<ReadonlyMap<string, boolean>> {
    const found = new Map<string, boolean>();
    const chardevs = await this.#monitor.execute("query-chardev");
    if (!Array.isArray(chardevs)) return found;
    for (const { label, filename, "frontend-open": open } of chardevs) {
      const socket = socketIn(`${filename}`);
      if (socket === null) continue;
      this.#sockets.set(`${label}`, socket);
      found.set(socket, open === true);
    }
    return found;
  }

  async #changed(id: string, open: boolean): Promise<void> {
    let chardev = this.#chardevs.get(id);
    if (chardev === undefined) {
      const path = `/machine/peripheral/${id}`;
      chardev = `${await this.#monitor.execute("qom-get", { path, property: "chardev" })}`;
      this.#chardevs.set(id, chardev);
    }
    // one that was plugged in since
    if (!this.#sockets.has(chardev)) await this.#look();
    const socket = this.#sockets.get(chardev);
    if (socket !== undefined) this.#tell(socket, open);
  }

  #tell(socket: string, open: boolean | null): void {
    this.#open.set(socket, open);
    for (const watch of this.#watches) if (watch.socket === socket) watch.listener(open);
  }

  #forget(): void {
    this.#open.clear();
    this.#sockets.clear();
    this.#chardevs.clear();
    for (const { listener } of this.#watches) listener(null);
  }
}

/** SPEC: `disconnected:unix:/path,server=on`, `tcp:127.0.0.1:4000,server=on <-> 127.0.0.1:53012`. */
function socketIn(filename: string): string | null {
  return /^(?:disconnected:)?((?:unix|tcp):.*?)(?:,server=on)?(?: <-> .*)?$/.exec(filename)?.[1] ??
    null;
}
