/// <reference lib="dom" />
/**
 * One clipboard for page and guest. What the guest copies is written as soon as the browser lets the
 * page; what this machine has is read where the person has allowed that, whenever the page is looked at.
 */
import type { Clip } from "../client/orders.ts";
import type { Viewer } from "../client/viewer.ts";
import { find, keep, kept, toast } from "./page.ts";

export class Clipboard {
  readonly #viewer: Viewer;
  #able = false;
  /** What the guest copied and the browser did not take yet. */
  #owed: Clip | null = null;
  /** What was offered last: it is not offered twice. */
  #last = "";

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    const share = find("share-clipboard");
    share.setAttribute("aria-checked", `${this.#shared}`);
    share.addEventListener("click", () => {
      keep("clipboard", this.#shared ? "off" : "on");
      share.setAttribute("aria-checked", `${this.#shared}`);
    });
    find("send-clipboard").addEventListener("click", () => this.#read(true));
    addEventListener("focus", () => this.#looked());
    // a page may write right after somebody did something
    viewer.screen.addEventListener("pointerdown", () => this.#write());
    viewer.screen.addEventListener("keydown", () => this.#write());
  }

  /** Whether the guest has a clipboard to share. */
  set able(able: boolean) {
    this.#able = able;
    find("clipboard-group").hidden = !able;
    if (able) this.#looked();
  }

  /** The guest copied something. */
  copied(clip: Clip): void {
    if (!this.#shared) return;
    this.#owed = clip;
    this.#write();
  }

  get #shared(): boolean {
    return kept("clipboard") !== "off";
  }

  async #write(): Promise<void> {
    const clip = this.#owed;
    if (!clip || !document.hasFocus()) return;
    this.#owed = null;
    try {
      if (clip.text !== undefined) {
        this.#last = clip.text;
        await navigator.clipboard.writeText(clip.text);
      } else if (clip.image) {
        await navigator.clipboard.write([new ClipboardItem({ "image/png": clip.image })]);
      }
    } catch {
      // until somebody does something here
      this.#owed ??= clip;
    }
  }

  async #looked(): Promise<void> {
    this.#write();
    if (!this.#able || !this.#shared) return;
    try {
      const name = "clipboard-read" as PermissionName;
      const { state } = await navigator.permissions.query({ name });
      if (state === "granted") await this.#read(false);
    } catch { /* this browser asks each time: there is the menu */ }
  }

  /** asked: somebody wants it, so that the browser may ask, and failing is told. */
  async #read(asked: boolean): Promise<void> {
    try {
      const clip: { text?: string; image?: Blob } = {};
      for (const item of await navigator.clipboard.read()) {
        if (item.types.includes("text/plain")) {
          clip.text = await (await item.getType("text/plain")).text();
        }
        if (item.types.includes("image/png")) clip.image = await item.getType("image/png");
      }
      const mark = clip.text ?? (clip.image ? `picture of ${clip.image.size}` : "");
      if (mark === "" && asked) toast("There is neither text nor a picture in the clipboard");
      if (mark === "" || !asked && mark === this.#last) return;
      this.#last = mark;
      this.#viewer.offer(clip);
      if (asked) toast("The guest has your clipboard now: paste it there");
    } catch (error) {
      if (!asked) return;
      const denied = error instanceof DOMException && error.name === "NotAllowedError";
      toast(
        denied
          ? "The browser does not let this page read the clipboard: allow it beside the address"
          : `The clipboard cannot be read: ${error}`,
      );
    }
  }
}
