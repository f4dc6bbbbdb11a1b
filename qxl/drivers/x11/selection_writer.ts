/** Owns selections for somebody outside, and hands out what they have when it is asked for. Source of truth: ICCCM 2.2 and 2.7.2. */
import { Buffer } from "node:buffer";
import type { Clock } from "../../../core/clock.ts";
import type { ClipboardType } from "../../../core/guest.ts";
import { TARGETS_OF, typeOf } from "./selection_targets.ts";
import type { PropertyNotify, SelectionRequest, XEvent } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";

interface Offer {
  readonly types: readonly ClipboardType[];
  readonly fetch: (type: ClipboardType) => Promise<Uint8Array | null>;
}

/** More goes in pieces. */
const PIECE_BYTES = 128 << 10;
/** Who takes no piece for so long takes none any more. */
const PATIENCE_MS = 5000;
/** Requests beyond that are refused until one is done. */
const MOST_AT_ONCE = 8;
/** X.h */
const REPLACE = 0, DELETED = 1, ATOM = 4, PROPERTY_CHANGE = 1 << 22;

export class SelectionWriter {
  readonly #offers = new Map<number, Offer>();
  #busy = 0;

  constructor(readonly display: XDisplay, readonly window: number, readonly clock: Clock) {
    display.onEvent((event) => {
      if (event.name === "SelectionRequest") this.#requested(event as SelectionRequest);
    });
  }

  async own(selection: string, types: readonly ClipboardType[], fetch: Offer["fetch"]) {
    const atom = await this.display.atom(selection);
    this.#offers.set(atom, { types, fetch });
    this.display.x.SetSelectionOwner(this.window, atom, 0);
  }

  /** Lets go of it, if it is still ours. */
  async disown(selection: string): Promise<void> {
    const { display, window } = this, atom = await display.atom(selection);
    this.#offers.delete(atom);
    const owner = await display.ask<number>((answer) => display.x.GetSelectionOwner(atom, answer));
    if (owner === window) display.x.SetSelectionOwner(0, atom, 0);
  }

  async #requested(request: SelectionRequest): Promise<void> {
    const { requestor, selection, target, time } = request;
    // SPEC (ICCCM 2.2): clients of old name no property, and mean the target
    const property = request.property || target;
    let done = false;
    if (this.#busy < MOST_AT_ONCE) {
      this.#busy++;
      done = await this.#answer(request, property).catch(() => false);
      this.#busy--;
    }
    if (done) return;
    this.#notify({ time, requestor, selection, target, property: 0 });
  }

  /** false: it is refused. */
  async #answer(request: SelectionRequest, property: number): Promise<boolean> {
    const { display } = this, { requestor, target, selection, time } = request;
    const offer = this.#offers.get(selection);
    if (!offer) return false;
    const notify = () => this.#notify({ time, requestor, selection, target, property });
    const name = await display.atomName(target);
    if (name === "TARGETS") {
      const names = ["TARGETS", ...offer.types.flatMap((type) => TARGETS_OF[type])];
      const atoms = await Promise.all(names.map((name) => display.atom(name)));
      display.x.ChangeProperty(
        REPLACE,
        requestor,
        property,
        ATOM,
        32,
        buffer(Uint32Array.from(atoms)),
      );
      notify();
      return true;
    }
    const type = typeOf(name);
    const data = type && offer.types.includes(type) ? await offer.fetch(type) : null;
    if (!data) return false;
    const bytes = name === "STRING" ? toLatin1(data) : data;
    if (bytes.length <= PIECE_BYTES) {
      display.x.ChangeProperty(REPLACE, requestor, property, target, 8, buffer(bytes));
      notify();
    } else await this.#pieces(requestor, property, target, bytes, notify);
    return true;
  }

  async #pieces(
    requestor: number,
    property: number,
    target: number,
    bytes: Uint8Array,
    notify: () => void,
  ): Promise<void> {
    const { display } = this, incr = await display.atom("INCR");
    display.x.ChangeWindowAttributes(requestor, { eventMask: PROPERTY_CHANGE });
    let taken = this.#taken(requestor, property);
    display.x.ChangeProperty(
      REPLACE,
      requestor,
      property,
      incr,
      32,
      buffer(Uint32Array.of(bytes.length)),
    );
    notify();
    // the last piece is empty
    for (let at = 0; at <= bytes.length + PIECE_BYTES - 1; at += PIECE_BYTES) {
      if (!await taken) return;
      taken = this.#taken(requestor, property);
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      display.x.ChangeProperty(REPLACE, requestor, property, target, 8, buffer(piece));
    }
  }

  /** Whether the requestor deleted the property in time. */
  #taken(requestor: number, property: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (was: boolean) => {
        stop();
        cancel();
        resolve(was);
      };
      const stop = this.display.onEvent((event: XEvent) => {
        const { wid, atom, state } = event as PropertyNotify;
        if (event.name !== "PropertyNotify" || wid !== requestor) return;
        if (atom === property && state === DELETED) done(true);
      });
      const cancel = this.clock.after(PATIENCE_MS, () => done(false));
    });
  }

  #notify(event: Omit<SelectionRequest, "name" | "type" | "owner">): void {
    this.display.x.SendEvent(event.requestor, 0, 0, { name: "SelectionNotify", seq: 0, ...event });
  }
}

/** The package takes Node's buffers alone. */
function buffer(bytes: Uint8Array | Uint32Array): Uint8Array {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toLatin1(utf8: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(utf8);
  return Uint8Array.from(text, (char) => char.charCodeAt(0) < 256 ? char.charCodeAt(0) : 63);
}
