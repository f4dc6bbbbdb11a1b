/// <reference lib="dom" />
/** A folder of this computer for the guest: chosen by the person, read only unless they say otherwise. */
import type { ShareNews, ShareOrder } from "../../client/dav/share.ts";
import type { StreamId } from "../../client/ports/words.ts";
import type { Viewer } from "../../client/viewer.ts";
import { find, toast } from "../page.ts";

type Pick = (options: { mode: "read" | "readwrite"; id: string }) => Promise<
  FileSystemDirectoryHandle
>;

export class FolderMenu {
  readonly #viewer: Viewer;
  readonly #button = find("share-folder");
  readonly #may = find("share-writable");
  #stream: StreamId | null = null;
  /** The one that the folder is shared by; the next session's may be another. */
  #shared: StreamId | null = null;
  #worker: Worker | null = null;
  #name = "";
  /** Requests of the guest's that were answered. */
  served = 0;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    this.#button.addEventListener("click", () => this.#worker ? this.end() : this.#choose());
    this.#may.addEventListener("click", () => {
      const writable = this.#may.getAttribute("aria-checked") !== "true";
      this.#may.setAttribute("aria-checked", `${writable}`);
      if (this.#worker) {
        this.end();
        toast("The folder is not shared any more: choose it again");
      }
    });
    this.#show();
  }

  /** The guest's streams, in this session. */
  set ports(streams: readonly StreamId[]) {
    this.#stream = streams.find(({ kind }) => kind === "webdav") ?? null;
    const can = this.#stream !== null || this.#worker !== null;
    this.#button.hidden = this.#may.hidden = !can;
  }

  get writable(): boolean {
    return this.#may.getAttribute("aria-checked") === "true";
  }

  /** Shares this folder. */
  share(folder: FileSystemDirectoryHandle, writable = this.writable): void {
    if (!this.#stream) return toast("This guest takes no folders");
    this.end();
    this.#name = folder.name || "folder";
    const worker = this.#worker = new Worker(
      new URL("../client/dav/worker.js", import.meta.url),
      { type: "module" },
    );
    worker.onmessage = ({ data }: MessageEvent<ShareNews>) => this.#hear(data);
    worker.onerror = () => {
      this.end();
      toast("The folder cannot be shared: its worker does not run");
    };
    const port = this.#viewer.stream(this.#shared = this.#stream);
    const order: ShareOrder = { folder, writable, port };
    worker.postMessage(order, [port]);
    this.#show();
  }

  /** Not any more. */
  end(): void {
    if (!this.#worker) return;
    this.#worker.terminate();
    this.#worker = null;
    // a port whose worker is gone says nothing: whoever opens the stream next closes it
    if (this.#shared) closeStream(this.#viewer, this.#shared);
    this.#shared = null;
    this.#show();
  }

  async #choose(): Promise<void> {
    const { showDirectoryPicker: pick } = globalThis as { showDirectoryPicker?: Pick };
    if (!pick) return toast("This browser cannot share folders; Chromium and its kin can");
    try {
      this.share(await pick({ mode: this.writable ? "readwrite" : "read", id: "spice" }));
    } catch (error) {
      if ((error as Error).name !== "AbortError") toast(`No folder: ${(error as Error).message}`);
    }
  }

  #hear(news: ShareNews): void {
    if (news.news === "served") this.served++;
    else if (news.news === "linked") toast(`The guest can see “${this.#name}”`);
    else toast(`“${this.#name}” is not with the guest now: ${news.why}`);
  }

  #show(): void {
    this.#button.textContent = this.#worker ? `Stop sharing “${this.#name}”` : "Share a folder…";
  }
}

/** Ends a stream that nobody here uses any more. */
function closeStream(viewer: Viewer, stream: StreamId): void {
  const port = viewer.stream(stream);
  port.postMessage({ is: "close" });
}
