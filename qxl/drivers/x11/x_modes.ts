/**
 * The size of an X screen, by RandR: any size as far as the server goes. Where it has an output for each head,
 * each shows its own; else one shows all, divided into monitors.
 */
import type { XDisplay } from "./x_display.ts";
import { alike, mm, type Shape, XMonitors } from "./x_monitors.ts";
import { type XOutput, XOutputs } from "./x_outputs.ts";

export class XModes {
  /** What the one output was divided into last; null: nobody has looked. */
  #divided: readonly Shape[] | null = null;
  readonly #monitors: XMonitors;
  readonly #outputs: XOutputs;

  constructor(readonly display: XDisplay) {
    this.#monitors = new XMonitors(display);
    this.#outputs = new XOutputs(display);
  }

  /** What the X server says that each monitor shows. Rejects where it cannot say. */
  heads(): Promise<Shape[]> {
    return this.#monitors.heads();
  }

  /**
   * Rejects, with the size as it was, when the server cannot. Sizes beyond its limits are cut.
   * heads: what shares the screen; without: one.
   */
  async set(
    wanted: { width: number; height: number; heads?: readonly Shape[] },
  ): Promise<void> {
    const { display } = this, { randr } = display.extensions, { root } = display;
    const range = await display.ask<
      Record<"minWidth" | "minHeight" | "maxWidth" | "maxHeight", number>
    >(
      (answer) => randr.GetScreenSizeRange(root, answer),
    );
    const width = Math.max(range.minWidth, Math.min(wanted.width, range.maxWidth));
    const height = Math.max(range.minHeight, Math.min(wanted.height, range.maxHeight));
    const heads = wanted.heads && wanted.heads.length > 1 ? wanted.heads : [];
    const outputs = await this.#outputs.list(await this.heads().catch(() => []));
    if (outputs.length === 0) throw new Error("The X server has no output that could be resized");
    const own = heads.length > 0 && heads.length <= outputs.length &&
      heads.every((head) =>
        head.x >= 0 && head.y >= 0 && head.x + head.width <= width && head.y + head.height <= height
      );
    const shapes = own ? heads : [{ x: 0, y: 0, width, height }], parts = own ? [] : heads;
    const losing = outputs.slice(shapes.length).filter((output) => this.#outputs.foreign(output));
    if (losing.length > 0) {
      // somebody may sit before them
      throw new Error(
        `The X server shows ${losing.length} more outputs than that, which were on before`,
      );
    }
    // monitors outlive the program that made them
    const former = this.#divided ??= await this.#monitors.divided();
    const divided = parts.length === former.length &&
      parts.every((part, i) => alike(part, former[i]));
    const sized = width === display.width && height === display.height;
    if (sized && divided && (outputs.length === 1 || shows(outputs, shapes))) return;
    const [{ id: first }] = outputs;
    if (!divided) {
      this.#divided = parts;
      // before the change that window managers hear of: of monitors alone they are told nothing
      await this.#monitors.set(parts, first);
    }
    const old = { width: display.width, height: display.height };
    const shown: number[] = [];
    try {
      for (const [i, shape] of shapes.entries()) {
        shown.push(await this.#outputs.mode(outputs[i], shape));
      }
      await this.#turnOff(outputs.filter(({ shape }) => shape !== null));
      randr.SetScreenSize(root, width, height, mm(width), mm(height));
      for (const [i, shape] of shapes.entries()) {
        await this.#outputs.show(outputs[i], shown[i], shape);
      }
    } catch (error) {
      await this.#turnOff(outputs);
      randr.SetScreenSize(root, old.width, old.height, mm(old.width), mm(old.height));
      if (!divided) await this.#monitors.set(this.#divided = former, first);
      for (const output of outputs) {
        if (output.shape === null) continue;
        await this.#outputs.show(output, output.mode, output.shape, output.rotation);
      }
      throw error;
    }
    this.#outputs.tidy(shown);
  }

  /** The screen must hold every output at every moment, so they are off while it changes. */
  async #turnOff(outputs: readonly XOutput[]): Promise<void> {
    for (const output of outputs) await this.#outputs.show(output, 0);
  }
}

/** Whether the first outputs show these, and the others nothing. */
const shows = (outputs: readonly XOutput[], shapes: readonly Shape[]): boolean =>
  outputs.every(({ shape }, i) =>
    i < shapes.length ? shape !== null && alike(shape, shapes[i]) : shape === null
  );
