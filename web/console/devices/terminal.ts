/// <reference lib="dom" />
/** xterm.js, kept within the page's policy. Loaded when the first console is looked at. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import css from "@xterm/xterm/css/xterm.css" with { type: "text" };
import { openStrictly } from "./strict_styles.ts";

export interface TextConsoleHost {
  /** What the person types or pastes. */
  typed(bytes: Uint8Array): void;
  /** Control, Alt and Shift were pressed together: the keyboard is the page's again. */
  escape(): void;
  title(title: string): void;
}

/** Lines that have left the top and can be scrolled back to. */
const SCROLLBACK_LINES = 10_000;

const DARK = { background: "#0c0e13", foreground: "#eef0f5", cursor: "#8ab4ff" };

let styled = false;

function style(): void {
  if (styled) return;
  styled = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/** More than any screen has of lines or columns. */
const MOST_TIMES = 10_000;

/** What a guest may not do to the page with a few bytes: have something done millions of times, or offer links that say one place and mean another. */
function guard({ parser }: Terminal): void {
  const tooOften = (params: (number | number[])[]) =>
    params.some((n) => typeof n === "number" && n > MOST_TIMES);
  for (const final of "@ABCDEFGILMPSTXZabe`") parser.registerCsiHandler({ final }, tooOften);
  for (const final of "@A") parser.registerCsiHandler({ intermediates: " ", final }, tooOften);
  for (const final of "}~") parser.registerCsiHandler({ intermediates: "'", final }, tooOften);
  parser.registerOscHandler(8, () => true);
}

export class TextConsole {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #sized: ResizeObserver;

  constructor(place: HTMLElement, label: string, host: TextConsoleHost) {
    style();
    this.#terminal = new Terminal({
      scrollback: SCROLLBACK_LINES,
      convertEol: false,
      cursorBlink: false,
      fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
      fontSize: 14,
      theme: DARK,
      screenReaderMode: false,
    });
    this.#terminal.loadAddon(this.#fit);
    guard(this.#terminal);
    const text = new TextEncoder();
    this.#terminal.onData((data) => host.typed(text.encode(data)));
    this.#terminal.onBinary((data) =>
      host.typed(Uint8Array.from(data, (letter) => letter.charCodeAt(0)))
    );
    this.#terminal.onTitleChange((title) => host.title(title));
    this.#terminal.attachCustomKeyEventHandler((event) => this.#key(event, host));
    openStrictly(this.#terminal, place);
    this.#terminal.textarea?.setAttribute("aria-label", label);
    this.#sized = new ResizeObserver(() => this.fit());
    this.#sized.observe(place);
  }

  /** Columns and rows. */
  get size(): { readonly columns: number; readonly rows: number } {
    const { cols: columns, rows } = this.#terminal;
    return { columns, rows };
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  /** The whole text, scrolled back lines too. */
  get text(): string {
    const { active } = this.#terminal.buffer;
    const lines: string[] = [];
    for (let y = 0; y < active.length; y++) {
      const line = active.getLine(y)!;
      const text = line.translateToString(true);
      if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    return lines.join("\n").trimEnd();
  }

  /** Resolves when it is shown. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((shown) => this.#terminal.write(bytes, shown));
  }

  /** As if it was typed; programs that ask for it are told that it is pasted. */
  paste(text: string): void {
    this.#terminal.paste(text);
  }

  focus(): void {
    this.#terminal.focus();
  }

  clear(): void {
    this.#terminal.clear();
  }

  fit(): void {
    this.#fit.fit();
  }

  close(): void {
    this.#sized.disconnect();
    this.#terminal.dispose();
  }

  /** false: the page's, not the guest's. */
  #key(event: KeyboardEvent, host: TextConsoleHost): boolean {
    if (event.type !== "keydown") return true;
    const { ctrlKey, altKey, shiftKey, code } = event;
    if (ctrlKey && altKey && shiftKey && /^(Control|Alt|Shift)/.test(code)) {
      host.escape();
      return false;
    }
    if (!ctrlKey || !shiftKey || altKey) return true;
    if (code === "KeyC") {
      event.preventDefault();
      navigator.clipboard?.writeText(this.selection).catch(() => {});
      return false;
    }
    // the browser pastes by itself
    return code !== "KeyV";
  }
}
