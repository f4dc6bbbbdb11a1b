/** The size of an X screen, by RandR: any size as far as the server goes, on its one output. */
import type { ModeInfo } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";
import { alike, mm, type Shape, XMonitors } from "./x_monitors.ts";

interface Resources {
  readonly crtcs: number[];
  readonly outputs: number[];
  readonly modeinfos: ModeInfo[];
}

const ROTATE_0 = 1;
/** GetOutputInfo: something is plugged in, or it is virtual. */
const CONNECTED = 0;

export class XModes {
  /** The mode that was made here last; one that nobody uses any more is taken away. */
  #own = 0;
  /** What the screen was divided into last; null: nobody has looked. */
  #heads: readonly Shape[] | null = null;
  readonly #monitors: XMonitors;

  constructor(readonly display: XDisplay) {
    this.#monitors = new XMonitors(display);
  }

  /** What the X server says that each monitor shows. Rejects where it cannot say. */
  heads(): Promise<Shape[]> {
    return this.#monitors.heads();
  }

  /**
   * Rejects, with the size as it was, when the server cannot. Sizes beyond its limits are cut.
   * heads: monitors that share the screen; without: one.
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
    // monitors outlive the program that made them
    const former = this.#heads ??= await this.#monitors.divided();
    const divided = heads.length === former.length &&
      heads.every((head, i) => alike(head, former[i]));
    if (width === display.width && height === display.height && divided) return;
    const resources = await display.ask<Resources>((answer) =>
      randr.GetScreenResourcesCurrent(root, answer)
    );
    const { crtc, output } = await this.#output(resources);
    if (!divided) {
      this.#heads = heads;
      // before the change that window managers hear of: of monitors alone they are told nothing
      await this.#monitors.set(heads, output);
    }
    const before = await display.ask<{ mode: number }>((answer) =>
      randr.GetCrtcInfo(crtc, 0, answer)
    );
    const old = { width: display.width, height: display.height };
    const known = resources.modeinfos.find((mode) =>
      mode.width === width && mode.height === height
    );
    const mode = known?.id ?? await this.#make(output, width, height);
    try {
      // the screen must hold the output at every moment, so that is off while the screen changes
      await this.#show(crtc, 0, []);
      randr.SetScreenSize(root, width, height, mm(width), mm(height));
      await this.#show(crtc, mode, [output]);
    } catch (error) {
      randr.SetScreenSize(root, old.width, old.height, mm(old.width), mm(old.height));
      if (!divided) await this.#monitors.set(this.#heads = former, output);
      await this.#show(crtc, before.mode, [output]);
      throw error;
    }
    if (this.#own !== 0 && this.#own !== mode) {
      randr.DeleteOutputMode(output, this.#own);
      randr.DestroyMode(this.#own);
      this.#own = 0;
    }
    if (!known) this.#own = mode;
  }

  /** The one output that is connected. */
  async #output({ outputs }: Resources): Promise<{ crtc: number; output: number }> {
    const { display } = this, { randr } = display.extensions, connected = [];
    for (const output of outputs) {
      const { connection, crtcs: [crtc] } = await display.ask<
        { connection: number; crtcs: number[] }
      >((answer) => randr.GetOutputInfo(output, 0, answer));
      if (connection === CONNECTED && crtc !== undefined) connected.push({ crtc, output });
    }
    const [only, second] = connected;
    if (only && !second) return only;
    throw new Error(`The X server has ${connected.length} outputs in use, one can be resized`);
  }

  /** Virtual outputs do not look at the timing, but it must add up. */
  async #make(output: number, width: number, height: number): Promise<number> {
    const { display } = this, { randr } = display.extensions;
    const mode = await display.ask<number>((answer) =>
      randr.CreateMode(display.root, {
        width,
        height,
        name: `${width}x${height}`,
        dot_clock: width * height * 60,
        h_sync_start: width,
        h_sync_end: width,
        h_total: width,
        v_sync_start: height,
        v_sync_end: height,
        v_total: height,
      }, answer)
    );
    randr.AddOutputMode(output, mode);
    return mode;
  }

  async #show(crtc: number, mode: number, outputs: readonly number[]): Promise<void> {
    const { display } = this;
    const { status } = await display.ask<{ status: number }>((answer) =>
      display.extensions.randr.SetCrtcConfig(crtc, 0, 0, 0, 0, mode, ROTATE_0, outputs, answer)
    );
    if (status !== 0) throw new Error(`The X server refused a mode: RandR status ${status}`);
  }
}
