import type { Cancel, Clock } from "../../core/clock.ts";
import type { ClipboardSelection, ClipboardType } from "../../core/guest.ts";

/** So long a client may take to give what it offered. */
const PATIENCE_MS = 60_000;
/** So many answers may be outstanding. */
const MAX_PENDING = 32;

interface Pending {
  readonly selection: ClipboardSelection;
  readonly type: ClipboardType;
  settle(data: Uint8Array | null): void;
}

/** What one client was asked for and has not given yet. */
export class Requests {
  readonly #pending: Pending[] = [];

  constructor(readonly clock: Clock) {}

  /** Something was asked for. */
  get any(): boolean {
    return this.#pending.length > 0;
  }

  /** send: asks the client. null: it did not answer in time, or has nothing. */
  ask(
    selection: ClipboardSelection,
    type: ClipboardType,
    send: () => void,
  ): Promise<Uint8Array | null> {
    if (this.#pending.length >= MAX_PENDING) return Promise.resolve(null);
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      const pending: Pending = {
        selection,
        type,
        settle: (data) => {
          cancel();
          const at = this.#pending.indexOf(pending);
          if (at >= 0) this.#pending.splice(at, 1);
          resolve(data);
        },
      };
      this.#pending.push(pending);
      cancel = this.clock.after(PATIENCE_MS, () => pending.settle(null));
      send();
    });
  }

  /** SPEC: an answer of no type means that there is nothing, of whatever was asked for. */
  answer(selection: ClipboardSelection, type: ClipboardType | undefined, data: Uint8Array): void {
    const asked = this.#pending.find((one) =>
      one.selection === selection && (type === undefined || one.type === type)
    );
    asked?.settle(type === undefined ? null : data);
  }

  /** Nobody answers these any more: of one selection, or all. */
  drop(selection?: ClipboardSelection): void {
    for (const pending of [...this.#pending]) {
      if (selection === undefined || pending.selection === selection) pending.settle(null);
    }
  }
}
