/// <reference lib="dom" />
/**
 * The browser's public door: a guest's screen, keys and pointer inside an element of any page.
 *
 * `deno task bundle` makes `web/dist` of it: put that folder beside the page and import
 * `client/mod.js`. The console itself has it at `client/mod.js`, for pages of the same origin.
 *
 * @example A page of one's own; `web/client/example.html` is a whole one
 * ```ts ignore
 * import { showGuest } from "./client/mod.js";
 *
 * const view = showGuest(document.getElementById("guest"), {
 *   url: "wss://my-host:5931/",
 *   password: "secret",
 *   onState: ({ state, why }) => console.log(state, why),
 * });
 * view.press("ControlLeft", "AltLeft", "Delete");
 * ```
 * @module
 */
import type { State } from "./orders.ts";
import { Viewer } from "./viewer.ts";

/** What is shown, and how. */
export interface GuestViewOptions {
  /**
   * The server's WebSocket: that of a SPICE port, `wss://host:5931/`, or the console's, which is at
   * `spice` beside its page and wants its login. Browsers let pages in TLS open `wss:` alone.
   */
  readonly url: string | URL;
  /** The SPICE password; none is sent if not said. */
  readonly password?: string;
  /** The display channel; the first if not said. */
  readonly display?: number;
  /** The head of it; all of it if not said. */
  readonly head?: number;
  /** Only looks: sends no keys, no pointer, no clipboard. */
  readonly viewOnly?: boolean;
  /** The size of the picture in the element; "fit" if not said. */
  readonly scaling?: GuestViewScaling;
  /** What screen readers call the picture. */
  readonly label?: string;
  /**
   * What answers as long as the server does, asked when nothing has come for 5 s: the console's
   * `healthz`, of the page's own origin, as browsers do not let others' answers be seen. Without it a
   * connection that breaks in silence is noticed when the browser does.
   */
  readonly healthz?: string | URL;
  /**
   * Where `worker.js` lies, of the page's own origin; beside this module if not said. null:
   * everything runs in the page.
   */
  readonly worker?: string | URL | null;
  /** Where `sound/worklet.js` lies; beside this module if not said. */
  readonly worklet?: string | URL;
  /** The connection stands otherwise than before. */
  readonly onState?: (state: GuestViewState) => void;
  /** The guest shows a picture of so many pixels. */
  readonly onSize?: (width: number, height: number) => void;
  /** Something was copied in the guest; an image is a PNG file. */
  readonly onCopied?: (clip: GuestViewClip) => void;
  /** A sentence for the person, as the server or the page's sound says it. */
  readonly onNotice?: (text: string) => void;
  /** Control, Alt and Shift were pressed and released together: the page takes the keyboard back. */
  readonly onEscape?: () => void;
}

/** "fit": as large as the element; "sharp": in whole multiples; "actual": pixel for pixel. */
export type GuestViewScaling = "fit" | "sharp" | "actual";

/** How the connection stands. */
export interface GuestViewState {
  /**
   * "waiting": it broke, and is tried again by itself; "refused": the server wants another
   * password; "failed": trying again would not help; "closed": it was closed by `close`.
   */
  readonly state: "closed" | "connecting" | "connected" | "waiting" | "refused" | "failed";
  /** Why, as a sentence for people; "" where there is nothing to say. */
  readonly why: string;
  /** Milliseconds until the next try, while waiting. */
  readonly retryMs: number;
}

/** What a clipboard holds. */
export interface GuestViewClip {
  /** Text, if there is any. */
  readonly text?: string;
  /** A PNG file, if there is a picture. */
  readonly image?: Blob;
}

/** A guest's screen in a page. */
export interface GuestView {
  /** What takes keys and pointer; `focus()` gives it the keyboard. */
  readonly canvas: HTMLCanvasElement;
  /** How the connection stands now. */
  readonly state: GuestViewState;
  /** The size of the picture in the element. */
  scaling: GuestViewScaling;
  /** Whether the guest is heard; browsers want a person's click before. */
  sound: boolean;
  /** Connects anew: after `close`, with another password, or looking only. */
  open(changes?: { password?: string; viewOnly?: boolean }): void;
  /** Ends the connection; the last picture stays. */
  close(): void;
  /** Presses keys together and releases them, by `KeyboardEvent.code`: "ControlLeft", "Delete". */
  press(...codes: string[]): void;
  /** Tells the guest what is in the page's clipboard. It gets it when it pastes. */
  offer(clip: GuestViewClip): void;
  /**
   * Asks the guest for a display of so many pixels, now and whenever it is connected anew; it may
   * not be able to. Other windows that show others of its displays keep their sizes.
   */
  resize(width: number, height: number): void;
  /** What the guest shows, as a PNG file; null: nothing. */
  screenshot(): Promise<Blob | null>;
  /** Ends everything and takes it off the page. */
  remove(): void;
}

/**
 * Shows a guest in an element, which must have a size and a position other than `static`. What
 * breaks is tried again by itself until `close` or `remove`. TypeError: `url` is no WebSocket's,
 * or `healthz` another origin's.
 */
export function showGuest(element: HTMLElement, options: GuestViewOptions): GuestView {
  const url = new URL(options.url, location.href);
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new TypeError(`url is ${url.href}, expected ws: or wss:`);
  }
  const watch = options.healthz && { url: new URL(options.healthz, location.href).href };
  if (watch && new URL(watch.url).origin !== location.origin) {
    throw new TypeError(`healthz must be of ${location.origin}, not ${watch.url}`);
  }
  let { password = "", viewOnly = false } = options;
  let state: GuestViewState = { state: "closed", why: "", retryMs: 0 };
  const beside = (path: string) => new URL(path, import.meta.url);
  const viewer = new Viewer(element, {
    worker: options.worker === undefined ? beside("./worker.js") : options.worker,
    worklet: options.worklet ?? beside("./sound/worklet.js"),
    label: options.label,
    onEscape: options.onEscape,
    onNews(news) {
      switch (news.news) {
        case "state":
          state = said(news);
          return options.onState?.(state);
        case "size":
          return options.onSize?.(news.width, news.height);
        case "clip":
          return options.onCopied?.(news.clip);
        case "notice":
          return options.onNotice?.(news.text);
      }
    },
  });
  if (options.scaling) viewer.scaling = options.scaling;
  const open = () => {
    const { display = 0, head = null } = options;
    const to = { url: url.href, password, display, head, viewOnly };
    viewer.open(watch ? { ...to, watch } : to);
  };
  open();
  return {
    canvas: viewer.screen,
    get state() {
      return state;
    },
    get scaling() {
      return viewer.scaling;
    },
    set scaling(scaling) {
      viewer.scaling = scaling;
    },
    get sound() {
      return viewer.sound.state.on;
    },
    set sound(on) {
      if (on) viewer.sound.enable();
      else viewer.sound.disable();
    },
    open(changes = {}) {
      ({ password = password, viewOnly = viewOnly } = changes);
      open();
    },
    close: () => viewer.close(),
    press: (...codes) => viewer.combination(codes),
    offer: (clip) => viewer.offer(clip),
    resize: (width, height) => viewer.resize({ width, height }),
    screenshot: () => viewer.snapshot(),
    remove: () => viewer.remove(),
  };
}

const said = (news: { state: State; why: string; retryMs: number }): GuestViewState => ({
  state: news.state,
  why: news.why,
  retryMs: news.retryMs,
});
