/// <reference lib="dom" />
/** The guest's text consoles: a panel with one for each named port. They are linked while it is open. */
import { GuestStream } from "../../client/ports/guest_stream.ts";
import type { StreamId } from "../../client/ports/words.ts";
import type { Viewer } from "../../client/viewer.ts";
import { find, keep, kept, toast } from "../page.ts";
import type { TextConsole } from "./terminal.ts";

/** More is not pasted: a serial line would take minutes. */
const MOST_PASTED = 256 << 10;
/** So much may wait for a guest that does not read, what terminals answer by themselves too. */
const MOST_WAITING = 1 << 20;
/** What a piece that waits takes at least. */
const PIECE_BYTES = 256;

type State = "connecting" | "open" | "closed" | "gone";
const WORDS: Readonly<Record<State, string>> = {
  connecting: "connecting",
  open: "open",
  closed: "closed: no program in the guest has it",
  gone: "not to be had now",
};

export class Consoles {
  readonly #viewer: Viewer;
  readonly #panel: HTMLElement;
  readonly #tabs: HTMLElement;
  readonly #pages: HTMLElement;
  readonly #state: HTMLElement;
  readonly #all = new Map<number, PortConsole>();
  #ids: readonly number[] = [];
  #shown: number | null = null;
  #focused = false;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    this.#panel = find("text-consoles");
    this.#tabs = find("text-console-tabs");
    this.#pages = find("text-console-pages");
    this.#state = find("text-console-state");
    const current = (act: (one: PortConsole) => void) => () => {
      const one = this.#current;
      if (one) act(one);
    };
    const on = (id: string, act: () => void) => find(id).addEventListener("click", act);
    on("text-console-copy", current((one) => one.copy()));
    on("text-console-paste", current((one) => one.paste()));
    on("text-console-size", current((one) => one.tellSize()));
    on("text-console-clear", current((one) => one.clear()));
    on("text-console-close", () => this.open = false);
    this.#tabs.addEventListener("keydown", (event) => this.#arrows(event));
    this.#resizable(find("text-console-edge"));
  }

  /** Ids of the guest's named ports, in this session. */
  set ports(streams: readonly StreamId[]) {
    this.#ids = streams.filter(({ kind }) => kind === "port").map(({ id }) => id);
    for (const [id, one] of this.#all) {
      if (!this.#ids.includes(id)) this.#drop(id, one);
    }
    if (this.open) this.#fill();
  }

  get open(): boolean {
    return !this.#panel.hidden;
  }

  set open(open: boolean) {
    if (open === this.open) return;
    this.#panel.hidden = !open;
    document.body.dataset.consoles = open ? "shown" : "hidden";
    if (open) {
      this.#focused = true;
      this.#fill();
    } else {
      for (const [id, one] of this.#all) this.#drop(id, one);
      this.#viewer.screen.focus({ preventScroll: true });
    }
  }

  /** What a console shows, for scripts; undefined: there is none of this name. */
  text(name: string): string | undefined {
    return [...this.#all.values()].find((one) => one.name === name)?.text;
  }

  get #current(): PortConsole | undefined {
    return this.#shown === null ? undefined : this.#all.get(this.#shown);
  }

  #fill(): void {
    for (const id of this.#ids) {
      if (this.#all.has(id)) continue;
      const one: PortConsole = new PortConsole(this.#viewer, id, {
        chosen: () => this.#show(id, true),
        changed: () => {
          if (this.#shown === id) this.#tell(one);
        },
        escape: () => one.tab.focus(),
      });
      this.#all.set(id, one);
      this.#tabs.append(one.tab);
      this.#pages.append(one.page);
    }
    if (this.#current) return;
    const first = this.#ids[0];
    if (first !== undefined) this.#show(first, this.#focused);
  }

  #show(id: number, focus: boolean): void {
    this.#shown = id;
    for (const [other, one] of this.#all) one.selected = other === id;
    const one = this.#current!;
    this.#tell(one);
    if (focus) one.focus();
  }

  #tell(one: PortConsole): void {
    this.#state.textContent = `${one.name}: ${one.why || WORDS[one.state]}`;
  }

  #drop(id: number, one: PortConsole): void {
    one.close();
    this.#all.delete(id);
    if (this.#shown === id) this.#shown = null;
  }

  #arrows(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || this.#shown === null) return;
    event.preventDefault();
    const at = this.#ids.indexOf(this.#shown) + step, n = this.#ids.length;
    const id = this.#ids[(at + n) % n];
    this.#show(id, false);
    this.#all.get(id)!.tab.focus();
  }

  /** The edge at its top is drawn, or moved by arrows. */
  #resizable(edge: HTMLElement): void {
    const set = (height: number) => {
      const most = innerHeight - 120, at = Math.round(Math.max(120, Math.min(most, height)));
      document.body.style.setProperty("--consoles", `${at}px`);
      edge.setAttribute("aria-valuenow", `${at}`);
      edge.setAttribute("aria-valuemax", `${most}`);
      keep("consoles-height", `${at}`);
    };
    set(Number(kept("consoles-height") ?? 0) || innerHeight * 0.45);
    edge.addEventListener("pointerdown", (event) => edge.setPointerCapture(event.pointerId));
    edge.addEventListener("pointermove", (event) => {
      if (edge.hasPointerCapture(event.pointerId)) set(innerHeight - event.clientY);
    });
    edge.addEventListener("keydown", ({ key }) => {
      const step = { ArrowUp: 24, ArrowDown: -24 }[key];
      if (step !== undefined) set(this.#panel.offsetHeight + step);
    });
  }
}

interface PortConsoleHost {
  chosen(): void;
  changed(): void;
  escape(): void;
}

/** One port: its tab, its page, and what it says. */
class PortConsole {
  readonly tab: HTMLButtonElement;
  readonly page: HTMLElement;
  /** The port's; until it is known, which one it is. */
  name: string;
  state: State = "connecting";
  why = "";
  readonly #stream: GuestStream;
  readonly #host: PortConsoleHost;
  readonly #made: Promise<TextConsole | null>;
  #console: TextConsole | null = null;
  #closed = false;
  /** Bytes that wait for the guest; more of them were thrown away. */
  #waitingBytes = 0;
  #full = false;

  constructor(viewer: Viewer, id: number, host: PortConsoleHost) {
    this.#host = host;
    this.name = `Console ${id + 1}`;
    this.tab = document.createElement("button");
    this.tab.type = "button";
    this.tab.id = `text-console-tab-${id}`;
    this.tab.setAttribute("role", "tab");
    this.tab.setAttribute("aria-controls", `text-console-${id}`);
    this.tab.addEventListener("click", () => host.chosen());
    this.page = document.createElement("div");
    this.page.id = `text-console-${id}`;
    this.page.className = "text-console";
    this.page.setAttribute("role", "tabpanel");
    this.page.setAttribute("aria-labelledby", this.tab.id);
    this.selected = false;
    this.#made = this.#make();
    this.#stream = new GuestStream(viewer.stream({ kind: "port", id }), {
      linked: (name, open) => {
        this.name = name;
        this.#become(open ? "open" : "closed");
      },
      opened: (open) => this.#become(open ? "open" : "closed"),
      data: async (bytes) => await (await this.#made)?.write(bytes),
      gone: (why) => this.#become("gone", why),
    });
    this.#become("connecting");
  }

  set selected(selected: boolean) {
    this.tab.setAttribute("aria-selected", `${selected}`);
    this.tab.tabIndex = selected ? 0 : -1;
    this.page.hidden = !selected;
  }

  get text(): string {
    return this.#console?.text ?? "";
  }

  async focus(): Promise<void> {
    (await this.#made)?.focus();
  }

  async copy(): Promise<void> {
    const text = this.#console?.selection || this.text;
    await navigator.clipboard?.writeText(text).then(
      () => toast(this.#console?.selection ? "Copied" : "All of the console's text is copied"),
      () => toast("This browser does not let the page write to the clipboard"),
    );
    this.focus();
  }

  async paste(): Promise<void> {
    const text = await navigator.clipboard?.readText().catch(() => null) ?? null;
    if (text === null) toast("This browser does not let the page read the clipboard");
    else if (text.length > MOST_PASTED) toast(`${text.length} characters are too many to paste`);
    else this.#console?.paste(text);
    this.focus();
  }

  /** SPEC: a serial line has no word for the size of the terminal at its end; a shell can be told. */
  tellSize(): void {
    if (!this.#console) return;
    const { columns, rows } = this.#console.size;
    this.#say(new TextEncoder().encode(`stty rows ${rows} cols ${columns}\r`));
    this.focus();
  }

  clear(): void {
    this.#console?.clear();
    this.focus();
  }

  close(): void {
    this.#closed = true;
    this.#stream.close();
    this.#console?.close();
    this.tab.remove();
    this.page.remove();
  }

  async #make(): Promise<TextConsole | null> {
    const { TextConsole } = await import("./terminal.ts");
    // what is measured must be in the page
    while (!this.page.isConnected && !this.#closed) await new Promise((wake) => setTimeout(wake));
    if (this.#closed) return null;
    return this.#console = new TextConsole(this.page, `Text console ${this.name}`, {
      typed: (bytes) => this.#say(bytes),
      escape: () => this.#host.escape(),
      title: () => {},
    });
  }

  async #say(bytes: Uint8Array): Promise<void> {
    const cost = Math.max(bytes.length, PIECE_BYTES);
    if (this.#waitingBytes + cost > MOST_WAITING) {
      if (!this.#full) toast(`${this.name} does not read: what is typed is lost`);
      this.#full = true;
      return;
    }
    this.#waitingBytes += cost;
    const written = await this.#stream.write(bytes);
    this.#waitingBytes -= cost;
    if (this.#waitingBytes === 0) this.#full = false;
    if (written === null) toast(`${this.name} is ${WORDS[this.state]}`);
  }

  #become(state: State, why = ""): void {
    this.state = state;
    this.why = why;
    this.tab.textContent = this.name;
    this.tab.dataset.state = state;
    this.tab.title = `${this.name}: ${why || WORDS[state]}`;
    this.#host.changed();
  }
}
