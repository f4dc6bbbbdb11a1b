import type { GuestPort, GuestPortKind, GuestPortUser } from "../../core/guest.ts";

/** A port whose far end is the test. */
export class FakePort implements GuestPort {
  open = true;
  user: GuestPortUser | null = null;
  waitingBytes = 0;
  flowing = true;
  #written: Uint8Array[] = [];

  constructor(readonly kind: GuestPortKind, readonly name = kind as string) {}

  attach(user: GuestPortUser | null): void {
    this.user = user;
  }
  write(bytes: Uint8Array): void {
    this.#written.push(bytes.slice());
  }
  flow(on: boolean): void {
    this.flowing = on;
  }

  /** All that was written since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#written.reduce((n, { length }) => n + length, 0));
    let at = 0;
    for (const bytes of this.#written) all.set(bytes, at), at += bytes.length;
    this.#written = [];
    return all;
  }

  /** The far end says something. */
  say(bytes: Uint8Array): void {
    this.user?.data(bytes);
  }

  become(open: boolean): void {
    this.open = open;
    this.user?.opened(open);
  }
}
