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
  /** What the guest has, as this browser tells of it: it is not offered again. */
  #last = "";
  /** What is being written is in the clipboard, or owed again. */
  #written: Promise<void> = Promise.resolve();

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

  /** INVARIANT: begins at once: a browser lets a page write only while somebody does something. */
  #write(): Promise<void> {
    const clip = this.#owed;
    if (!clip || !document.hasFocus()) return this.#written;
    this.#owed = null;
    return this.#written = this.#put(clip);
  }

  async #put(clip: Clip): Promise<void> {
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
      return;
    }
    // SPEC: browsers encode pictures anew, and Windows has other line ends: it is not read as it was written
    if (await mayRead()) this.#last = markOf(await readClip().catch(() => clip));
  }

  async #looked(): Promise<void> {
    await this.#write();
    // where this browser asks each time there is the menu
    if (this.#able && this.#shared && await mayRead()) await this.#read(false);
  }

  /** asked: somebody wants it, so that the browser may ask, and failing is told. */
  async #read(asked: boolean): Promise<void> {
    try {
      const clip = await readClip();
      const mark = markOf(clip);
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

/** What this machine's clipboard has; throws where the browser does not let the page see it. */
async function readClip(): Promise<Clip> {
  const clip: { text?: string; image?: Blob } = {};
  for (const item of await navigator.clipboard.read()) {
    if (item.types.includes("text/plain")) {
      clip.text = await (await item.getType("text/plain")).text();
    }
    if (item.types.includes("image/png")) clip.image = await item.getType("image/png");
  }
  return clip;
}

/** By which it is known again; "": there is nothing to share. */
const markOf = ({ text, image }: Clip) => text ?? (image ? `picture of ${image.size}` : "");

/** The person has allowed the page to read whenever it likes. */
async function mayRead(): Promise<boolean> {
  try {
    const name = "clipboard-read" as PermissionName;
    return (await navigator.permissions.query({ name })).state === "granted";
  } catch {
    return false;
  }
}
