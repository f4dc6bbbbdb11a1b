/** The demo guest's selections: what its apps copied, or what somebody outside has for them. */
import type { ClipboardSelection, ClipboardType, GuestClipboard } from "../../../core/guest.ts";
import { bytesOfText, textOf } from "../../../core/binary/text.ts";

type Fetch = (type: ClipboardType) => Promise<Uint8Array | null>;
type Content = { readonly text: Uint8Array } | { readonly fetch: Fetch };

export class DemoClipboard implements GuestClipboard {
  readonly #has = new Map<ClipboardSelection, Content>();
  readonly #listeners: ((s: ClipboardSelection, types: readonly ClipboardType[]) => void)[] = [];

  offer(selection: ClipboardSelection, types: readonly ClipboardType[], fetch: Fetch): void {
    // apps here know text alone; a picture replaces what was there all the same
    this.#has.set(selection, { fetch: types.includes("text") ? fetch : () => nothing });
  }

  release(selection: ClipboardSelection): void {
    const content = this.#has.get(selection);
    if (content && "fetch" in content) this.#has.delete(selection);
  }

  read(selection: ClipboardSelection, type: ClipboardType): Promise<Uint8Array | null> {
    const content = this.#has.get(selection);
    return Promise.resolve(content && "text" in content && type === "text" ? content.text : null);
  }

  onOffer(listener: (s: ClipboardSelection, types: readonly ClipboardType[]) => void): void {
    this.#listeners.push(listener);
  }

  /** An app copies. */
  copy(text: string, selection: ClipboardSelection = "clipboard"): void {
    this.#has.set(selection, { text: bytesOfText(text) });
    for (const listener of this.#listeners) listener(selection, ["text"]);
  }

  /** What an app pastes; null: no text is to be had. */
  async paste(selection: ClipboardSelection = "clipboard"): Promise<string | null> {
    const content = this.#has.get(selection);
    if (!content) return null;
    const bytes = "text" in content ? content.text : await content.fetch("text");
    return bytes && textOf(bytes);
  }
}

const nothing = Promise.resolve(null);
