/** A sheet that echoes what is typed. */
import type { Rect } from "../../../../core/protocol/drawing.ts";
import type { MouseButton } from "../../../../core/protocol/inputs.ts";
import type { DemoClipboard } from "../clipboard.ts";
import type { CursorName } from "../cursor_shapes.ts";
import { mono } from "../font.ts";
import type { KeyPress } from "../keymap.ts";
import { box, type Painter } from "../painter.ts";
import { color } from "../theme.ts";
import type { App, AppHost } from "../window.ts";

const padding = 10, row = 17, column = mono.measure("0");
/** Older lines are forgotten. */
const maxLines = 1000;
/** Characters that are pasted; nobody reads more here. */
const maxPasted = 1 << 16;

export class Notes implements App {
  readonly title = "Notes";
  readonly least = { width: 200, height: 90 };
  host!: AppHost;
  width = 500;
  height = 318;
  #lines: string[];
  /** The caret: before this character of this line. */
  #line: number;
  #column: number;
  /** The first line on view. */
  #top = 0;

  /** clipboard: where Ctrl+C puts the caret's line, and Ctrl+V and the middle button take text from. */
  constructor(text = "", readonly clipboard?: DemoClipboard) {
    this.#lines = text.split("\n");
    this.#line = this.#lines.length - 1;
    this.#column = this.#lines[this.#line].length;
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  get #rows(): number {
    return Math.max(1, Math.floor((this.height - 2 * padding) / row));
  }

  get #columns(): number {
    return Math.max(8, Math.floor((this.width - 2 * padding) / column));
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.#follow();
  }

  cursorAt(): CursorName {
    return "text";
  }

  press(button: MouseButton, x: number, y: number): void {
    if (button === "up") return this.#scrollTo(this.#top - 3);
    if (button === "down") return this.#scrollTo(this.#top + 3);
    if (button === "middle") return void this.#paste("primary");
    const line = this.#top + Math.floor((y - padding) / row);
    this.#damageLine(this.#line);
    this.#line = Math.max(0, Math.min(line, this.#lines.length - 1));
    const wanted = Math.round((x - padding) / column);
    this.#column = Math.max(0, Math.min(wanted, this.#lines[this.#line].length));
    this.#damageLine(this.#line);
  }

  key({ name, text, control }: KeyPress): void {
    if (control && name === "l") return this.#clear();
    if (control && name === "v") return void this.#paste("clipboard");
    if (control && (name === "c" || name === "x")) {
      this.clipboard?.copy(this.#lines[this.#line]);
      if (name === "x") this.#cut();
      return;
    }
    if (text === "\n") this.#break();
    else if (text === "\t") this.#insert("  ");
    else if (text !== "") this.#insert(text);
    else if (name === "Backspace") this.#backspace();
    else this.#move(name);
    this.#follow();
  }

  #cut(): void {
    this.#lines[this.#line] = "";
    this.#column = 0;
    this.#damageLine(this.#line);
  }

  async #paste(selection: "clipboard" | "primary"): Promise<void> {
    const text = await this.clipboard?.paste(selection);
    if (!text) return;
    text.slice(0, maxPasted).split(/\r?\n/).forEach((line, i) => {
      if (i > 0) this.#break();
      // control characters have no place on paper
      for (const sign of line.replaceAll("\t", "  ")) if (sign >= " ") this.#insert(sign);
    });
    this.#follow();
  }

  #clear(): void {
    this.#lines = [""];
    this.#line = this.#column = this.#top = 0;
    this.host.damage(box(0, 0, this.width, this.height));
  }

  #insert(text: string): void {
    if (this.#column >= this.#columns) this.#break();
    const line = this.#lines[this.#line];
    this.#lines[this.#line] = line.slice(0, this.#column) + text + line.slice(this.#column);
    this.#column += text.length;
    this.#damageLine(this.#line);
  }

  #break(): void {
    const line = this.#lines[this.#line];
    const last = this.#line === this.#lines.length - 1;
    this.#lines.splice(this.#line, 1, line.slice(0, this.#column), line.slice(this.#column));
    if (last) this.#damageLine(this.#line);
    else this.#damageFrom(this.#line);
    this.#line++;
    this.#column = 0;
    this.#damageLine(this.#line);
    if (this.#lines.length > maxLines) {
      this.#lines.shift();
      this.#line--;
      this.#top = Math.max(0, this.#top - 1);
      this.#damageFrom(this.#top);
    }
  }

  #backspace(): void {
    const line = this.#lines[this.#line];
    if (this.#column > 0) {
      this.#lines[this.#line] = line.slice(0, this.#column - 1) + line.slice(this.#column);
      this.#column--;
      this.#damageLine(this.#line);
    } else if (this.#line > 0) {
      this.#column = this.#lines[this.#line - 1].length;
      this.#lines.splice(this.#line - 1, 2, this.#lines[this.#line - 1] + line);
      this.#line--;
      this.#damageFrom(this.#line);
    }
  }

  #move(name: string): void {
    this.#damageLine(this.#line);
    const lines = this.#lines;
    if (name === "ArrowLeft") this.#goTo(this.#line, this.#column - 1);
    else if (name === "ArrowRight") this.#goTo(this.#line, this.#column + 1);
    else if (name === "ArrowUp") this.#goTo(this.#line - 1, this.#column);
    else if (name === "ArrowDown") this.#goTo(this.#line + 1, this.#column);
    else if (name === "PageUp") this.#goTo(this.#line - this.#rows, this.#column);
    else if (name === "PageDown") this.#goTo(this.#line + this.#rows, this.#column);
    else if (name === "Home") this.#column = 0;
    else if (name === "End") this.#column = lines[this.#line].length;
    else if (name === "Delete") {
      const end = this.#column === lines[this.#line].length;
      if (end && this.#line < lines.length - 1) {
        this.#goTo(this.#line + 1, 0);
        this.#backspace();
      } else if (!end) {
        this.#column++;
        this.#backspace();
      }
    }
    this.#damageLine(this.#line);
  }

  #goTo(line: number, column: number): void {
    this.#line = Math.max(0, Math.min(line, this.#lines.length - 1));
    this.#column = Math.max(0, Math.min(column, this.#lines[this.#line].length));
  }

  /** Brings the caret into view. */
  #follow(): void {
    if (this.#line < this.#top) this.#scrollTo(this.#line);
    else if (this.#line >= this.#top + this.#rows) this.#scrollTo(this.#line - this.#rows + 1);
  }

  #scrollTo(top: number): void {
    const next = Math.max(0, Math.min(top, this.#lines.length - 1));
    const up = next - this.#top;
    if (up === 0) return;
    this.#top = next;
    this.host.scroll(box(padding, padding, this.width - 2 * padding, this.#rows * row), up * row);
  }

  #lineBox(line: number): Rect {
    return box(padding, padding + (line - this.#top) * row, this.width - 2 * padding + 2, row);
  }

  #damageLine(line: number): void {
    if (line >= this.#top && line < this.#top + this.#rows) this.host.damage(this.#lineBox(line));
  }

  #damageFrom(line: number): void {
    for (let i = Math.max(line, this.#top); i < this.#top + this.#rows; i++) {
      this.host.damage(this.#lineBox(i));
    }
  }

  paint(painter: Painter): void {
    painter.fill(box(0, 0, this.width, this.height), color.paper);
    for (let i = 0; i < this.#rows; i++) {
      const line = this.#top + i, place = this.#lineBox(line);
      if (line >= this.#lines.length || !painter.sees(place)) continue;
      const text = this.#lines[line].slice(0, this.#columns);
      const tone = text.startsWith("#") ? color.accent : color.ink;
      painter.text(text, padding, place.top + 13, tone, mono);
      if (line === this.#line) {
        painter.fill(box(padding + this.#column * column, place.top + 1, 2, row - 2), color.accent);
      }
    }
  }
}
