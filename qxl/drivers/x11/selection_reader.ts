/** Asks the owners of selections for what they have. Source of truth: ICCCM 2.4 and 2.7.2. */
import type { Clock } from "../../../core/clock.ts";
import type { Property, PropertyNotify, SelectionNotify, XEvent } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";

/** An owner that is silent for so long has nothing. */
const PATIENCE_MS = 5000;
/** What comes in pieces comes within so long: others wait for their turn. */
const MOST_MS = 30_000;
const MOST_BYTES = 64 << 20;
/** X.h: PropertyNewValue */
const NEW_VALUE = 0;
/** All of a property, in words. */
const WHOLE = MOST_BYTES / 4;

export class SelectionReader {
  /** One conversation after the other: they share a property. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readonly display: XDisplay, readonly window: number, readonly clock: Clock) {}

  /** Names of the kinds of data that the owner has. */
  async targets(selection: string): Promise<string[]> {
    const data = await this.read(selection, "TARGETS");
    if (!data) return [];
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const names: string[] = [];
    for (let at = 0; at + 4 <= data.length && names.length < 256; at += 4) {
      names.push(await this.display.atomName(view.getUint32(at, true)).catch(() => ""));
    }
    return names;
  }

  /** null: the owner has none of it, does not answer, or it is too much. */
  read(selection: string, target: string): Promise<Uint8Array | null> {
    const answer = this.#turn.then(() => this.#read(selection, target));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async #read(selectionName: string, targetName: string): Promise<Uint8Array | null> {
    const { display, window } = this;
    const selection = await display.atom(selectionName), target = await display.atom(targetName);
    const property = await display.atom("_SPICE_SELECTION"), incr = await display.atom("INCR");
    const answer = this.#next((event) => {
      const { subtype, requestor, selection: of } = event as SelectionNotify;
      return event.name === "SelectionNotify" && subtype === undefined && requestor === window &&
        of === selection;
    });
    display.x.DeleteProperty(window, property);
    display.x.ConvertSelection(window, selection, target, property, 0);
    const notify = await answer as SelectionNotify | null;
    if (!notify || notify.property === 0) return null;
    const pieces = this.#pieces(property, incr);
    const first = await this.#take(property, incr);
    if (first !== "pieces") pieces.stop();
    return first === "pieces" ? await pieces.whole : first;
  }

  /** Gathers what comes in pieces; begins to listen at once, as the first may come with the answer that announces it. */
  #pieces(property: number, incr: number): { whole: Promise<Uint8Array | null>; stop: () => void } {
    const { promise: whole, resolve } = Promise.withResolvers<Uint8Array | null>();
    const parts: Uint8Array[] = [];
    let bytes = 0, cancel = () => {};
    const end = this.clock.after(MOST_MS, () => done(null));
    const done = (data: Uint8Array | null) => {
      stop();
      cancel();
      end();
      resolve(data);
    };
    const wait = () => {
      cancel();
      cancel = this.clock.after(PATIENCE_MS, () => done(null));
    };
    const stop = this.display.onEvent(async (event) => {
      const { wid, atom, state } = event as PropertyNotify;
      if (event.name !== "PropertyNotify" || wid !== this.window) return;
      if (atom !== property || state !== NEW_VALUE) return;
      wait();
      const part = await this.#take(property, incr).catch(() => null);
      // the announcement itself is a new value too
      if (part === "pieces") return;
      if (!part || (bytes += part.length) > MOST_BYTES) return done(null);
      if (part.length > 0) return void parts.push(part);
      done(await new Blob(parts as BlobPart[]).bytes());
    });
    wait();
    return { whole, stop: () => done(null) };
  }

  /** Reads the property and deletes it, which asks for the next piece. */
  async #take(property: number, incr: number): Promise<Uint8Array | "pieces"> {
    const { display, window } = this;
    const { type, data } = await display.ask<Property>((answer) =>
      display.x.GetProperty(1, window, property, 0, 0, WHOLE, answer)
    );
    return type === incr ? "pieces" : new Uint8Array(data);
  }

  /** null: it did not come in time. */
  #next(is: (event: XEvent) => boolean): Promise<XEvent | null> {
    return new Promise((resolve) => {
      const done = (event: XEvent | null) => {
        stop();
        cancel();
        resolve(event);
      };
      const stop = this.display.onEvent((event) => is(event) && done(event));
      const cancel = this.clock.after(PATIENCE_MS, () => done(null));
    });
  }
}
