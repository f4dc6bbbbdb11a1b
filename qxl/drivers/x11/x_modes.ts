/** The size of an X screen, by RandR: any size as far as the server goes, on its one output. */
import type { ModeInfo } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";

interface Resources {
  readonly crtcs: number[];
  readonly outputs: number[];
  readonly modeinfos: ModeInfo[];
}

const ROTATE_0 = 1;
/** RandR wants millimetres; so many pixels are an inch of 25.4. */
const mm = (pixels: number) => Math.round(pixels * 25.4 / 96);

export class XModes {
  /** The mode that was made here last; one that nobody uses any more is taken away. */
  #own = 0;

  constructor(readonly display: XDisplay) {}

  /** Rejects, with the size as it was, when the server cannot. Sizes beyond its limits are cut. */
  async set(wanted: { width: number; height: number }): Promise<void> {
    const { display } = this, { randr } = display.extensions, { root } = display;
    const range = await display.ask<
      Record<"minWidth" | "minHeight" | "maxWidth" | "maxHeight", number>
    >(
      (answer) => randr.GetScreenSizeRange(root, answer),
    );
    const width = Math.max(range.minWidth, Math.min(wanted.width, range.maxWidth));
    const height = Math.max(range.minHeight, Math.min(wanted.height, range.maxHeight));
    if (width === display.width && height === display.height) return;
    const resources = await display.ask<Resources>((answer) =>
      randr.GetScreenResourcesCurrent(root, answer)
    );
    const [crtc] = resources.crtcs, [output] = resources.outputs;
    if (crtc === undefined || resources.outputs.length !== 1) {
      throw new Error(`The X server has ${resources.outputs.length} outputs, one can be resized`);
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
