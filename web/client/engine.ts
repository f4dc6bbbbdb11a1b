/// <reference lib="dom" />
/**
 * Sockets, decoding and drawing: hears orders, tells news. It runs in a worker, since browsers hold
 * back the page's own tasks after a key press; where there are no such workers, in the page.
 */
import { LinkRefused } from "../../core/link/handshake.ts";
import { Hopeless, type Running, Session, type SessionHost } from "./connect.ts";
import type { Clip, Destination, News, Order, State } from "./orders.ts";
import { Playback } from "./playback.ts";
import { PortsDesk } from "./ports/desk.ts";
import { PointerLayer } from "./pointer_layer.ts";
import { isLasting } from "./refusal.ts";
import { Scene } from "./scene.ts";
import { Screen } from "./screen.ts";
import { Unopened } from "./socket.ts";
import { soon } from "./soon.ts";
import { Recorder } from "./session_file.ts";
import { SoundDesk } from "./sound/desk.ts";
import { Stats } from "./stats.ts";
import { Watch } from "./watch.ts";

/** Pauses before trying again; the last one stays. */
const RETRY_MS = [300, 1000, 2000, 4000, 5000];
/** A session that stood so long counts as a success. */
const STEADY_MS = 5000;
/** How often a watch looks. */
const LOOK_MS = 1000;
/** A server that answers later than that is not there. */
const ANSWER_MS = 3000;
const NO_SOCKETS =
  "The server answers, but no WebSocket to it opens: a proxy between has to pass WebSockets on (the headers Upgrade and Connection)";

export class Engine {
  readonly #tell: (news: News) => void;
  readonly #stats = new Stats();
  readonly #sound: SoundDesk;
  readonly #ports: PortsDesk;
  #screen: Screen | null = null;
  #pointer: PointerLayer | null = null;
  #session: Running | null = null;
  #playback: Playback | null = null;
  #recorder: Recorder | null = null;
  /** What the page has copied, until the guest copies something. */
  #clip: Clip = {};
  #recording: ReturnType<typeof setInterval> | undefined;
  #scene: Scene | null = null;
  #to: Destination | null = null;
  #tries = 0;
  #upAt = 0;
  /** A session has stood: WebSockets come through. */
  #stood = false;
  /** The server answers, and no WebSocket opens. */
  #shut = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;
  #look = () => {};
  #visible = true;
  /** The canvas was changed in this frame already. */
  #framed = false;
  #due = false;
  /** Presents once what else has come is drawn. */
  readonly #soon = soon(() => this.#present());

  constructor(tell: (news: News) => void) {
    this.#tell = tell;
    this.#sound = new SoundDesk(tell);
    this.#ports = new PortsDesk(tell);
  }

  hear(order: Order): void {
    switch (order.order) {
      case "canvas":
        return this.#canvas(order);
      case "open":
        this.#to = order.to;
        this.#tries = 0;
        return this.#open();
      case "close":
        this.#to = null;
        this.#drop();
        this.#record(false);
        return this.#state("closed", "");
      case "visible":
        this.#visible = order.visible;
        return this.#look();
      case "key":
        this.#stats.input();
        return this.#session?.inputs?.key(order.code, order.down);
      case "button":
        this.#stats.input();
        return this.#session?.inputs?.button(order.button, order.down, order.buttons);
      case "position": {
        const session = this.#session;
        if (!session) return;
        const { x, y } = session.origin;
        this.#recorder?.pointer(x + order.x, y + order.y);
        return session.inputs?.position(session.place(order.x, order.y), order.buttons);
      }
      case "motion":
        return this.#session?.inputs?.motion(order.dx, order.dy, order.buttons);
      case "locks":
        return this.#session?.inputs?.locks(order.modifiers);
      case "sound":
        return this.#sound.listen(order.port);
      case "microphone":
        return this.#sound.speak(order.port);
      case "heard":
        if (order.stamp === null) return this.#sound.heard.stops();
        return this.#sound.heard.plays(order.stamp, order.at);
      case "clip":
        this.#clip = order.clip;
        return this.#session?.agent?.offer(order.clip);
      case "resize":
        return this.#session?.agent?.resize(order.own, order.others);
      case "sendFile":
        return this.#sendFile(order.id, order.file);
      case "cancelFile":
        return this.#session?.agent?.cancelFile(order.id);
      case "stream":
        return this.#ports.open(order.stream, order.port);
      case "snapshot":
        return void this.#snapshot(order.id);
      case "record":
        return this.#record(order.on);
      case "play":
        return void this.#play(order.file);
      case "playback":
        return this.#playback?.adjust(order);
      case "stats":
        return this.#tell({ news: "stats", stats: this.#report() });
    }
  }

  #canvas({ canvas, pointer }: Extract<Order, { order: "canvas" }>): void {
    this.#pointer = new PointerLayer(pointer);
    this.#screen = new Screen(canvas, (width, height) => {
      this.#pointer?.resize(width, height);
      this.#tell({ news: "size", width, height });
    });
    this.#screen.onLate = () => this.#settled();
  }

  #open(): void {
    this.#drop();
    if (!this.#to || !this.#screen) return;
    this.#upAt = 0;
    this.#state("connecting", "");
    const scene = this.#scene = new Scene(this.#screen, this.#stats);
    const session: Session = new Session(
      this.#to,
      this.#host(scene, () => session === this.#session),
    );
    this.#session = session;
    this.#keepWatch(session, this.#to);
  }

  /** Once it is connected; before that the time that linking may take is bounded. */
  #keepWatch(session: Session, { watch: limits }: Destination): void {
    if (!limits) return;
    const watch = new Watch(limits, {
      now: () => performance.now(),
      ask,
      dead: (ms) =>
        session.fail(new Error(`The server has not answered for ${Math.round(ms / 1000)} s`)),
    });
    this.#look = () => {
      if (this.#upAt === 0 || !this.#visible) return watch.rest();
      watch.look(session.heardMs);
    };
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  #host(scene: Scene, current: () => boolean): SessionHost {
    const session = () => current() ? this.#session?.agent : null;
    const tell = (news: News) => {
      if (current()) this.#tell(news);
    };
    return {
      scene,
      recorder: this.#recorder,
      agent: (agent) => {
        tell({ news: "agent", agent });
        // what the page wants holds for every session
        if (agent.clipboard) session()?.offer(this.#clip);
      },
      copied: () => {
        if (current()) this.#clip = {};
      },
      clip: (clip) => tell({ news: "clip", clip }),
      transfer: (news) => tell(news),
      sound: this.#sound,
      ports: this.#ports,
      up: () => {
        if (!current()) return;
        this.#upAt = performance.now();
        this.#stood = true;
        this.#shut = false;
        this.#state("connected", "");
      },
      settled: () => this.#settled(),
      over: (error) => {
        if (current()) this.#lost(error);
      },
      cursorShape: (shape) => {
        this.#pointer?.shape(shape);
        tell({ news: "cursor", shape });
      },
      cursorMoved: (x, y) => this.#pointer?.move(x, y),
      mouseMode: (mode) => {
        this.#pointer?.turn(mode === "server");
        tell({ news: "mouseMode", mode });
      },
      lights: (modifiers) => tell({ news: "lights", modifiers }),
      guestName: (name) => tell({ news: "guest", name }),
      displays: ({ displays, heads, mostHeads }) =>
        tell({
          news: "displays",
          ids: displays,
          heads: heads.map(({ monitorId }) => monitorId),
          mostHeads,
        }),
      notice: (text) => tell({ news: "notice", text }),
    };
  }

  #sendFile(id: number, file: File): void {
    const agent = this.#session?.agent;
    if (agent?.takesFiles) return agent.sendFile(id, file);
    const { name, size } = file, why = "There is no agent now that would take it";
    this.#tell({ news: "transfer", id, name, sent: 0, size, state: "failed", why });
  }

  #record(on: boolean): void {
    if (on === (this.#recorder !== null) || on && !this.#to) return;
    clearInterval(this.#recording);
    const recorder = this.#recorder;
    if (recorder) {
      this.#recorder = null;
      const { ms, full } = recorder;
      return this.#tell({ news: "recorded", file: recorder.file(), ms, full });
    }
    const started = this.#recorder = new Recorder(() => performance.now());
    this.#recording = setInterval(() => {
      const { ms, bytes, full } = started;
      this.#tell({ news: "recording", ms, bytes });
      if (full) this.#record(false);
    }, 1000);
    this.#open();
  }

  async #play(file: Blob): Promise<void> {
    this.#to = null;
    this.#drop();
    this.#record(false);
    if (!this.#screen) return;
    const screen = this.#screen;
    this.#state("connecting", "");
    const playback: Playback = new Playback(file, {
      scene: () => {
        this.#scene?.[Symbol.dispose]();
        return this.#scene = new Scene(screen, this.#stats);
      },
      session: (scene) => this.#host(scene, () => playback === this.#session),
      told: (ms, ofMs, paused, speed) => {
        if (playback === this.#session) {
          this.#tell({ news: "playback", ms, ofMs, paused, speed });
        }
      },
      pointer: (x, y) => {
        this.#pointer?.turn(true);
        this.#pointer?.move(x, y);
      },
    });
    this.#session = this.#playback = playback;
    try {
      await playback.run();
    } catch (error) {
      if (playback !== this.#session) return;
      this.#drop();
      this.#state("failed", error instanceof Error ? error.message : `${error}`);
    }
  }

  #drop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looking);
    this.#look = () => {};
    const session = this.#session;
    session?.agent?.drop();
    this.#session = this.#playback = null;
    if (session) this.#stats.over(session.work);
    session?.close();
    this.#scene?.[Symbol.dispose]();
    this.#scene = null;
  }

  #lost(error: unknown): void {
    this.#drop();
    const why = error instanceof Error ? error.message : `${error}`;
    const refused = error instanceof LinkRefused ? error : null;
    if (refused?.code === "permissionDenied") return this.#state("refused", why);
    if (refused && isLasting(refused) || error instanceof Hopeless) {
      return this.#state("failed", why);
    }
    if (performance.now() - this.#upAt > STEADY_MS && this.#upAt > 0) this.#tries = 0;
    this.#upAt = 0;
    const pause = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)];
    const unopened = error instanceof Unopened && !this.#stood;
    this.#shut &&= unopened;
    this.#state("waiting", this.#shut ? NO_SOCKETS : why, pause);
    this.#timer = setTimeout(() => this.#open(), pause);
    if (unopened) this.#doubt(this.#timer, performance.now() + pause);
  }

  /** Where no WebSocket has ever opened: is it the server that is not there, or the way that takes none? */
  async #doubt(timer: unknown, untilMs: number): Promise<void> {
    const { watch } = this.#to ?? {};
    if (!watch) return;
    const before = this.#shut;
    const there = await ask(watch.url, AbortSignal.timeout(ANSWER_MS)).catch(() => null);
    this.#shut = there?.ok === true && !this.#stood;
    if (before) return;
    const left = untilMs - performance.now();
    if (this.#shut && timer === this.#timer && left > 0) this.#state("waiting", NO_SOCKETS, left);
  }

  #state(state: State, why: string, retryMs = 0): void {
    this.#tell({ news: "state", state, why, retryMs });
  }

  /** What is damaged reaches the canvas at once, and then once a frame. */
  #settled(): void {
    if (this.#due || this.#framed || !this.#screen?.damaged) return;
    this.#due = true;
    this.#soon();
  }

  #present(): void {
    this.#due = false;
    if (!this.#screen?.damaged) return;
    const at = performance.now();
    this.#screen.present();
    this.#stats.presented(at);
    this.#framed = true;
    nextFrame(() => {
      this.#framed = false;
      this.#present();
    });
  }

  #report() {
    const { work, inputs } = this.#session ?? {};
    return this.#stats.report(work, inputs?.roundTripMs);
  }

  async #snapshot(id: number): Promise<void> {
    const picture = await this.#screen?.snapshot().catch(() => null) ?? null;
    this.#tell({ news: "snapshot", id, picture });
  }
}

/** A proxy that sends strangers to a login answers, too. */
const ask = (url: string, signal: AbortSignal) =>
  fetch(url, { cache: "no-store", credentials: "omit", redirect: "manual", signal });

const nextFrame: (call: () => void) => unknown = typeof requestAnimationFrame === "function"
  ? (call) => requestAnimationFrame(call)
  : (call) => setTimeout(call, 16);
