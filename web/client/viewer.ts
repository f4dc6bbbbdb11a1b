/// <reference lib="dom" />
/** A guest's screen inside an element of a page: canvases, keys and pointer; the engine does the rest. */
import type { MouseModeName } from "../../core/protocol/main.ts";
import { after } from "./after.ts";
import { whole, type Wish } from "./arrangement.ts";
import { Keyboard } from "./keyboard.ts";
import { likelyKeymap, type Stroke } from "./keymaps.ts";
import { place, type Scaling } from "./layout.ts";
import type { Clip, CursorShape, Destination, News, Order } from "./orders.ts";
import { Neighbours } from "./neighbours.ts";
import { onPixels } from "./pixels.ts";
import { Pointer } from "./pointer.ts";
import type { StreamId } from "./ports/words.ts";
import { Sound, type SoundState } from "./sound/sound.ts";
import type { StatsReport } from "./stats.ts";
import { Touch, type Way } from "./touch.ts";
import { Typist, type TypistHost } from "./typist.ts";

export interface ViewerOptions {
  /** Where worker.js lies; null: everything runs in the page. */
  readonly worker: URL | string | null;
  /** Where the audio thread's worklet.js lies; absent: there is no sound. */
  readonly worklet?: URL | string;
  readonly onSound?: (state: SoundState) => void;
  /** What happens; called in order. */
  readonly onNews?: (news: News) => void;
  /** Control, Alt and Shift were pressed and released together: the keyboard is the page's again. */
  readonly onEscape?: () => void;
  /** What makes a character in the guest, for keys without a place; by the browser's language if not said. */
  readonly strokes?: (character: string) => readonly Stroke[] | undefined;
  readonly label?: string;
}

/** A wish that was said so lately may still be on its way through the guest. */
const FRESH_MS = 2000;

export class Viewer {
  readonly screen: HTMLCanvasElement;
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  /** Loudspeaker and microphone, both off until they are switched on. */
  readonly sound: Sound;
  readonly #root: HTMLElement;
  readonly #layer: HTMLCanvasElement;
  readonly #options: ViewerOptions;
  readonly #touch: Touch;
  readonly #snapshots = new Map<number, (picture: Blob | null) => void>();
  readonly #end = new AbortController();
  #worker: Worker | null = null;
  #tell: (order: Order, transfer?: Transferable[]) => void = () => {};
  #waiting: ((stats: StatsReport) => void)[] = [];
  #scaling: Scaling = "fit";
  #size = { width: 0, height: 0 };
  #to: Destination | null = null;
  /** Windows of this browser that show the same guest; null: only looking. */
  #neighbours: Neighbours | null = null;
  #square: BroadcastChannel | null = null;
  /** The size that is wished for; null: as it comes. */
  #wish: { readonly width: number; readonly height: number } | null = null;
  #askedAt = -Infinity;
  /** There is one display channel, and so many heads on it. */
  #heads = { only: true, count: 0 };
  #viewOnly = false;
  #mouseMode: MouseModeName = "client";
  #shape: CursorShape | null = null;
  /** Resolves when orders are heard. */
  readonly ready: Promise<void>;
  #ids = 0;

  constructor(root: HTMLElement, options: ViewerOptions) {
    this.#root = root;
    this.#options = options;
    this.screen = document.createElement("canvas");
    this.#layer = document.createElement("canvas");
    for (const canvas of [this.screen, this.#layer]) {
      canvas.width = canvas.height = 1;
      canvas.style.position = "absolute";
      root.append(canvas);
    }
    this.#layer.style.pointerEvents = "none";
    this.#layer.setAttribute("aria-hidden", "true");
    this.screen.tabIndex = 0;
    this.screen.setAttribute("role", "application");
    this.screen.setAttribute("aria-label", options.label ?? "The guest's screen");
    this.screen.style.outline = "none";
    this.keyboard = new Keyboard({
      send: (code, down) => this.#tell({ order: "key", code, down }),
      locks: (modifiers) => this.#tell({ order: "locks", modifiers }),
      mac: /Mac|iP(hone|ad)/.test(navigator.platform),
      windows: navigator.platform.startsWith("Win"),
      strokes: options.strokes ?? likelyKeymap(navigator.language).strokes,
      onEscape: () => options.onEscape?.(),
    });
    this.pointer = new Pointer({
      position: (x, y, buttons) => this.#tell({ order: "position", x, y, buttons }),
      motion: (dx, dy, buttons) => this.#tell({ order: "motion", dx, dy, buttons }),
      button: (button, down, buttons) => this.#tell({ order: "button", button, down, buttons }),
    });
    this.#touch = new Touch(this.pointer, after, (by) => this.#pan(by));
    this.sound = new Sound({
      worklet: options.worklet ?? "",
      tell: (order, transfer) => this.#tell(order, transfer),
      onChange: options.onSound,
      onTrouble: (text) => options.onNews?.({ news: "notice", text }),
    });
    this.ready = this.#start(options.worker);
    this.#listen();
    onPixels(root, () => this.#place(), this.#end.signal);
  }

  /** Connects, and stays connected: what breaks is tried again. */
  async open(to: Destination): Promise<void> {
    this.#to = to;
    await this.ready;
    this.#look(to.viewOnly);
    this.#meet();
    this.#tell({ order: "open", to });
  }

  close(): void {
    this.#part();
    this.#tell({ order: "close" });
  }

  /** Tells the guest what is in this page's clipboard; it gets it when it asks. */
  offer(clip: Clip): void {
    if (!this.#viewOnly) this.#tell({ order: "clip", clip });
  }

  /** Asks the guest for a display of so many pixels, and again in sessions to come; null: as it comes. */
  resize(size: { readonly width: number; readonly height: number } | null): void {
    this.#wish = size;
    if (!size) return;
    this.#askedAt = performance.now();
    this.#arrange();
  }

  /** What this window shows, as large as it is; null: it shows several heads, or nothing. */
  get #shown(): Wish | null {
    const { only, count } = this.#heads, { width, height } = this.#size;
    if (!this.#to || width === 0 || only && this.#to.head === null && count > 1) return null;
    const { display, head } = this.#to;
    return { display, head, width, height };
  }

  /** Whoever wished for it, the other windows hear how it is; but a wish that is under way goes before. */
  #sized(): void {
    const { width, height } = this.#size, wish = this.#wish && whole(this.#wish);
    if (wish?.width === width && wish.height === height) this.#askedAt = -Infinity;
    if (this.#neighbours && !this.#fresh) this.#neighbours.own = this.#shown;
  }

  get #fresh(): boolean {
    return performance.now() - this.#askedAt < FRESH_MS;
  }

  #arrange(closed: readonly Wish[] = []): void {
    if (!this.#to || this.#viewOnly) return;
    const { display, head } = this.#to;
    const own = this.#wish ? { display, head, ...this.#wish } : this.#shown;
    if (!own) return;
    this.#neighbours?.wish(own);
    const others = [...this.#neighbours?.wishes ?? [], ...closed];
    this.#tell({ order: "resize", own, others });
  }

  #meet(): void {
    this.#part();
    // who only looks asks for nothing, but what it shows is shown
    if (!this.#to) return;
    const square = this.#square = new BroadcastChannel(`spice windows of ${this.#to.url}`);
    const neighbours = this.#neighbours = new Neighbours(crypto.randomUUID(), {
      after,
      say: (word) => square.postMessage(word),
      // two that ask at once each know only what the other wished for before
      changed: () => {
        if (this.#wish && this.#fresh) this.#arrange();
      },
      // as in remote-viewer, a head goes with its window; the first one is all that some guests have
      closed: (wish) => {
        if (wish.head && neighbours === this.#neighbours) {
          this.#arrange([{ ...wish, width: 0, height: 0 }]);
        }
      },
    });
    square.onmessage = ({ data }) => neighbours.hear(data);
  }

  #part(): void {
    this.#neighbours?.close();
    this.#square?.close();
    this.#neighbours = this.#square = null;
  }

  /** Sends a file to the guest; what becomes of it comes as news with the number. */
  sendFile(file: File): number {
    const id = ++this.#ids;
    this.#tell({ order: "sendFile", id, file });
    return id;
  }

  cancelFile(id: number): void {
    this.#tell({ order: "cancelFile", id });
  }

  /** A stream with the guest, for as long as it is wanted: StreamOrder goes in, StreamNews comes out. */
  stream(stream: StreamId): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#tell({ order: "stream", stream, port: port2 }, [port2]);
    return port1;
  }

  /** Begins a recording of what is shown, or ends it: the file comes as news. */
  record(on: boolean): void {
    this.#tell({ order: "record", on });
  }

  /** Shows a recording instead of a guest, until `open` or `close`. */
  async play(file: Blob): Promise<void> {
    await this.ready;
    // its size is nobody's wish
    this.#part();
    this.#look(true);
    this.#tell({ order: "play", file });
  }

  /** Changes how a recording is played; what is not said stays. */
  playback(how: { paused?: boolean; speed?: number; seekMs?: number }): void {
    this.#tell({ order: "playback", ...how });
  }

  /** Fingers are the guest's, or where somebody only looks the browser's, which moves the picture in its room. */
  #look(only: boolean): void {
    this.#viewOnly = only;
    this.screen.style.touchAction = only ? "auto" : "none";
  }

  /** Takes everything off the page. */
  remove(): void {
    this.close();
    this.sound.microphone = false;
    this.sound.disable();
    this.#end.abort();
    this.#worker?.terminate();
    this.screen.remove();
    this.#layer.remove();
  }

  set scaling(scaling: Scaling) {
    this.#scaling = scaling;
    this.#place();
  }

  get scaling(): Scaling {
    return this.#scaling;
  }

  /** Pixels of the guest's picture. */
  get size(): { readonly width: number; readonly height: number } {
    return this.#size;
  }

  get inWorker(): boolean {
    return this.#worker !== null;
  }

  /** What the guest shows, as a PNG file; null: nothing. */
  snapshot(): Promise<Blob | null> {
    const id = ++this.#ids;
    // INVARIANT: whoever waits is known before the order: in the page it is answered at once
    const answer = new Promise<Blob | null>((resolve) => this.#snapshots.set(id, resolve));
    this.#tell({ order: "snapshot", id });
    return answer;
  }

  stats(): Promise<StatsReport> {
    const answer = new Promise<StatsReport>((resolve) => this.#waiting.push(resolve));
    this.#tell({ order: "stats" });
    return answer;
  }

  /** Presses keys together, as Control, Alt and Delete. */
  combination(codes: readonly string[]): void {
    if (!this.#viewOnly) this.keyboard.combination(codes);
  }

  /** What comes of a text that is typed key by key. */
  typist(progress: TypistHost["progress"]): Typist {
    return new Typist({
      press: (stroke) => {
        // letters come out as they are meant
        this.keyboard.unlockCaps();
        this.combination(stroke);
      },
      after,
      progress,
    });
  }

  async #start(worker: URL | string | null): Promise<void> {
    const { screen } = this, layer = this.#layer;
    const can = worker !== null && typeof Worker === "function" &&
      typeof screen.transferControlToOffscreen === "function" &&
      typeof OffscreenCanvas === "function" && offscreenDraws();
    if (!can) {
      const { Engine } = await import("./engine.ts");
      const engine = new Engine((news) => this.#hear(news));
      this.#tell = (order) => engine.hear(order);
      this.#tell({ order: "canvas", canvas: screen, pointer: layer });
      return;
    }
    const thread = new Worker(worker, { type: "module" });
    this.#worker = thread;
    let runs = false;
    thread.onmessage = ({ data }: MessageEvent<News>) => {
      runs = true;
      this.#hear(data);
    };
    thread.onerror = (event) => {
      // the browser's console has it, and the session goes on
      if (runs) return;
      this.#hear({
        news: "state",
        state: "failed",
        why: `The console's worker cannot run: ${event.message ?? "it was not loaded"}`,
        retryMs: 0,
      });
    };
    this.#tell = (order, transfer = []) => thread.postMessage(order, transfer);
    const canvas = screen.transferControlToOffscreen();
    const pointer = layer.transferControlToOffscreen();
    thread.postMessage({ order: "canvas", canvas, pointer }, [canvas, pointer]);
  }

  #hear(news: News): void {
    switch (news.news) {
      case "size":
        this.#size = { width: news.width, height: news.height };
        this.#place();
        this.#sized();
        break;
      case "displays":
        this.#heads = { only: news.ids.length < 2, count: news.heads.length };
        break;
      case "agent":
        // what was wished for holds for every session
        if (news.agent.resize && this.#wish) this.resize(this.#wish);
        break;
      case "mouseMode":
        this.#mouseMode = this.pointer.mode = news.mode;
        if (news.mode === "client" && document.pointerLockElement === this.screen) {
          document.exitPointerLock();
        }
        this.#cursor();
        break;
      case "cursor":
        this.#shape = news.shape;
        this.#cursor();
        break;
      case "lights":
        this.keyboard.lights = news.modifiers;
        break;
      case "snapshot":
        this.#snapshots.get(news.id)?.(news.picture);
        this.#snapshots.delete(news.id);
        break;
      case "stats":
        for (const resolve of this.#waiting) resolve(news.stats);
        this.#waiting = [];
        break;
    }
    this.sound.hear(news);
    this.#options.onNews?.(news);
  }

  #place(): void {
    const { width, height } = this.#size;
    if (width === 0) return;
    const { clientWidth, clientHeight } = this.#root;
    const room = { width: clientWidth, height: clientHeight };
    const layout = place(this.#size, room, this.#scaling, devicePixelRatio);
    for (const canvas of [this.screen, this.#layer]) {
      canvas.style.width = `${layout.width}px`;
      canvas.style.height = `${layout.height}px`;
      canvas.style.left = `${layout.left}px`;
      canvas.style.top = `${layout.top}px`;
      canvas.style.imageRendering = layout.sharp ? "pixelated" : "auto";
    }
    const { width: cssWidth, height: cssHeight } = layout;
    this.pointer.placement = { width, height, cssWidth, cssHeight };
  }

  #cursor(): void {
    const shape = this.#shape;
    if (this.#mouseMode === "server") this.screen.style.cursor = "default";
    else this.screen.style.cursor = shape ? cssCursor(shape) : "none";
  }

  #listen(): void {
    const { screen } = this;
    const { signal } = this.#end;
    const on = <K extends keyof HTMLElementEventMap>(
      name: K,
      call: (event: HTMLElementEventMap[K]) => void,
    ) => screen.addEventListener(name, call, { signal, passive: false });
    const unless = (event: Event, call: () => boolean | void) => {
      if (this.#viewOnly) return;
      if (call() !== false) event.preventDefault();
    };
    on("keydown", (event) => unless(event, () => this.keyboard.press(event)));
    on("keyup", (event) => unless(event, () => this.keyboard.release(event)));
    on("blur", () => this.#letGo());
    addEventListener("blur", () => this.#letGo(), { signal });
    addEventListener("pagehide", () => this.#part(), { signal });
    addEventListener("pageshow", (event) => {
      if ((event as PageTransitionEvent).persisted) this.#meet();
    }, { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#letGo();
      this.#tell({ order: "visible", visible: !document.hidden });
    }, { signal });
    on("contextmenu", (event) => event.preventDefault());
    on("pointermove", (event) => {
      if (this.#viewOnly) return;
      if (event.pointerType === "touch") return this.#touch.move(finger(event));
      if (this.#mouseMode === "client" || this.#locked()) this.pointer.moved(event);
    });
    // SPEC: prevented for a mouse, its mouse events would not come
    on("pointerdown", (event) => unless(event, () => this.#pressed(event)));
    on("pointerup", (event) => unless(event, () => this.#released(event)));
    on("pointercancel", ({ pointerId }) => this.#touch.cancel(pointerId));
    // SPEC: further buttons of a mouse that has one pressed come only as mouse events
    on("mousedown", (event) =>
      unless(event, () => {
        screen.focus({ preventScroll: true });
        this.keyboard.notice(event);
        if (this.#mouseMode === "server" && !this.#locked()) return void this.#lock();
        if (!this.#fromTouch) this.pointer.pressed(event.button, true);
      }));
    on("mouseup", (event) =>
      unless(event, () => {
        if (this.#mouseMode === "server" && !this.#locked()) return;
        if (!this.#fromTouch) this.pointer.pressed(event.button, false);
      }));
    on("wheel", (event) => unless(event, () => this.pointer.wheel(event)));
    on("auxclick", (event) => event.preventDefault());
    document.addEventListener("pointerlockchange", () => {
      if (!this.#locked()) this.pointer.letGo();
    }, { signal });
  }

  #fromTouch = false;

  #pressed(event: PointerEvent): boolean {
    this.#fromTouch = event.pointerType === "touch";
    if (!this.#locked()) this.screen.setPointerCapture(event.pointerId);
    if (this.#fromTouch) {
      this.screen.focus({ preventScroll: true });
      this.#touch.down(finger(event));
    } else if (this.#mouseMode === "client") this.pointer.moved(event);
    return this.#fromTouch;
  }

  #released(event: PointerEvent): boolean {
    const touch = event.pointerType === "touch";
    if (touch) this.#touch.up(event.pointerId);
    return touch;
  }

  /** SPEC: the browser's own scrolling would take the fingers away from the guest. */
  #pan({ x, y }: Way) {
    const root = this.#root, { scrollLeft, scrollTop } = root;
    const can = {
      x: root.scrollWidth > root.clientWidth,
      y: root.scrollHeight > root.clientHeight,
    };
    root.scrollBy({ left: -x, top: -y, behavior: "instant" });
    return { can, moved: { x: scrollLeft - root.scrollLeft, y: scrollTop - root.scrollTop } };
  }

  #letGo(): void {
    this.keyboard.letGo();
    this.pointer.letGo();
  }

  #locked(): boolean {
    return document.pointerLockElement === this.screen;
  }

  #lock(): void {
    // a browser may refuse right after the last one was left
    Promise.resolve(this.screen.requestPointerLock()).catch(() => {});
  }
}

const finger = ({ pointerId, offsetX, offsetY }: PointerEvent) => ({
  id: pointerId,
  x: offsetX,
  y: offsetY,
});

/** Some browsers have workers and OffscreenCanvas, but no drawing on it. */
function offscreenDraws(): boolean {
  try {
    return new OffscreenCanvas(1, 1).getContext("2d") !== null;
  } catch {
    return false;
  }
}

/** Larger cursors are ignored by browsers. */
const MOST_CURSOR = 128;

function cssCursor({ width, height, hotX, hotY, pixels }: CursorShape): string {
  if (width === 0 || height === 0) return "none";
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(width, MOST_CURSOR);
  canvas.height = Math.min(height, MOST_CURSOR);
  canvas.getContext("2d")!.putImageData(new ImageData(pixels, width, height), 0, 0);
  return `url(${canvas.toDataURL()}) ${Math.min(hotX, MOST_CURSOR - 1)} ${
    Math.min(hotY, MOST_CURSOR - 1)
  }, default`;
}
