/** X selections as the guest's clipboard: offers both ways, in pieces where they are large. Source of truth: ICCCM 2. */
import type { Clock } from "../../../core/clock.ts";
import type { ClipboardSelection, ClipboardType, GuestClipboard } from "../../../core/guest.ts";
import { SelectionReader } from "./selection_reader.ts";
import { SelectionWriter } from "./selection_writer.ts";
import { TARGETS_OF, typesOf } from "./selection_targets.ts";
import type { OwnerNotify } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";

type OnOffer = (selection: ClipboardSelection, types: readonly ClipboardType[]) => void;

const ATOMS = { clipboard: "CLIPBOARD", primary: "PRIMARY", secondary: "SECONDARY" } as const;
const selections = Object.keys(ATOMS) as ClipboardSelection[];
/** xfixesproto: owner set, its window destroyed, its client gone. */
const OWNER_CHANGES = 7;
/** X.h */
const INPUT_ONLY = 2, PROPERTY_CHANGE = 1 << 22;

/** The selections of whichever X server is there. */
export class XSelections implements GuestClipboard {
  readonly #listeners: OnOffer[] = [];
  #there: { reader: SelectionReader; writer: SelectionWriter } | null = null;
  /** What the owner of each has, in X's own words. */
  readonly #targets = new Map<ClipboardSelection, readonly string[]>();
  /** Selections whose owner is being asked, and whether it has changed since: programs may do so without end. */
  readonly #asking = new Map<ClipboardSelection, "answers" | "changed" | "gone">();

  constructor(readonly clock: Clock) {}

  /** Follows the selections of an X server, or of none. */
  async attach(display: XDisplay | null): Promise<void> {
    this.#there = null;
    if (!display) return;
    const { x, root, extensions: { fixes } } = display;
    const window = x.AllocID();
    x.CreateWindow(window, root, -1, -1, 1, 1, 0, 0, INPUT_ONLY, 0, { eventMask: PROPERTY_CHANGE });
    const atoms = new Map<number, ClipboardSelection>();
    for (const selection of selections) atoms.set(await display.atom(ATOMS[selection]), selection);
    const reader = new SelectionReader(display, window, this.clock);
    const writer = new SelectionWriter(display, window, this.clock);
    this.#there = { reader, writer };
    display.onEvent((event) => {
      const { subtype, owner, selection } = event as OwnerNotify;
      const name = atoms.get(selection);
      // the core's event of this name is the answer to a conversion
      if (event.name !== "SelectionNotify" || subtype === undefined || !name) return;
      if (owner !== window) this.#changed(name, owner === 0);
    });
    for (const atom of atoms.keys()) fixes.SelectSelectionInput(window, atom, OWNER_CHANGES);
  }

  offer(
    selection: ClipboardSelection,
    types: readonly ClipboardType[],
    fetch: (type: ClipboardType) => Promise<Uint8Array | null>,
  ): void {
    this.#there?.writer.own(ATOMS[selection], types, fetch).catch(() => {});
  }

  release(selection: ClipboardSelection): void {
    this.#there?.writer.disown(ATOMS[selection]).catch(() => {});
  }

  async read(selection: ClipboardSelection, type: ClipboardType): Promise<Uint8Array | null> {
    const has = this.#targets.get(selection) ?? [];
    const target = TARGETS_OF[type].find((name) => has.includes(name));
    if (target === undefined || !this.#there) return null;
    const data = await this.#there.reader.read(ATOMS[selection], target).catch(() => null);
    // SPEC (ICCCM 2.6.2): STRING is Latin-1
    return data && target === "STRING" ? new TextEncoder().encode(latin1(data)) : data;
  }

  onOffer(listener: OnOffer): void {
    this.#listeners.push(listener);
  }

  #changed(selection: ClipboardSelection, gone: boolean): void {
    if (this.#asking.has(selection)) this.#asking.set(selection, gone ? "gone" : "changed");
    else this.#ask(selection, gone);
  }

  async #ask(selection: ClipboardSelection, gone: boolean): Promise<void> {
    for (let again = true; again;) {
      this.#asking.set(selection, "answers");
      const has = gone
        ? []
        : await this.#there?.reader.targets(ATOMS[selection]).catch(() => []) ?? [];
      const since = this.#asking.get(selection);
      gone = since === "gone", again = since !== "answers";
      if (!again) this.#asking.delete(selection);
      this.#targets.set(selection, has);
      const types = typesOf(has);
      for (const listener of this.#listeners) listener(selection, types);
    }
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
