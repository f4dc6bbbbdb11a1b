/** The outputs of an X screen (RandR 1.2): which there are, what part of the screen each shows, and modes for them. */
import type { ModeInfo } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";
import { alike, type Shape } from "./x_monitors.ts";

/** An output that can show something, with the CRTC that is its own. */
export interface XOutput {
  readonly id: number;
  readonly crtc: number;
  /** What it shows; null: it is off. */
  readonly shape: Shape | null;
  /** What it shows that with; 0: it is off. */
  readonly mode: number;
  readonly rotation: number;
  /** Modes that it can be given. */
  readonly modes: readonly number[];
}

const ROTATE_0 = 1;
/** GetOutputInfo: something is plugged in, or it is virtual. */
const CONNECTED = 0;

export class XOutputs {
  readonly #randr;
  /** Outputs that were given something to show here. SPEC: Xvnc says of one that is off that nothing is plugged in. */
  readonly #used = new Set<number>();
  readonly #made = new Set<number>();
  /** Modes that were added to outputs here. */
  #added: { readonly mode: number; readonly output: number }[] = [];

  constructor(readonly display: XDisplay) {
    this.#randr = display.extensions.randr;
  }

  /** Those in use, in the order of `heads`, what clients know of the screen; then those that are off. */
  async list(heads: readonly Shape[]): Promise<XOutput[]> {
    const { display } = this, found: XOutput[] = [], taken = new Set<number>();
    const { outputs } = await this.#resources();
    const infos = await Promise.all(outputs.map(async (id) => ({
      id,
      ...await display.ask<{ connection: number; crtc: number; crtcs: number[]; modes: number[] }>(
        (answer) => this.#randr.GetOutputInfo(id, 0, answer),
      ),
    })));
    for (const { crtc } of infos) if (crtc !== 0) taken.add(crtc);
    for (const { id, connection, crtc: own, crtcs, modes } of infos) {
      if (connection !== CONNECTED && own === 0 && !this.#used.has(id)) continue;
      const crtc = own || crtcs.find((crtc) => !taken.has(crtc));
      if (crtc === undefined) continue;
      taken.add(crtc);
      const { mode, rotation, ...shape } = await display.ask<
        Shape & { mode: number; rotation: number }
      >((answer) => this.#randr.GetCrtcInfo(crtc, 0, answer));
      found.push({ id, crtc, modes, mode, rotation, shape: mode === 0 ? null : shape });
    }
    const place = ({ shape }: XOutput) => {
      const at = shape ? heads.findIndex((head) => alike(head, shape)) : -1;
      return at < 0 ? shape ? heads.length : heads.length + 1 : at;
    };
    return found.sort((a, b) => place(a) - place(b));
  }

  /** It shows something, and nothing was ever shown on it here. */
  foreign({ id, shape }: XOutput): boolean {
    return shape !== null && !this.#used.has(id);
  }

  /** A mode of this size for an output. Virtual outputs do not look at the timing, but it must add up. */
  async mode(output: XOutput, { width, height }: Shape): Promise<number> {
    const fits = (await this.#resources()).modeinfos.filter((mode) =>
      mode.width === width && mode.height === height
    );
    const has = fits.find(({ id }) => output.modes.includes(id));
    if (has) return has.id;
    const mode = fits[0]?.id ?? await this.#make(width, height);
    this.#randr.AddOutputMode(output.id, mode);
    this.#added.push({ mode, output: output.id });
    return mode;
  }

  /** Rejects when the server refuses. mode: 0 turns it off. */
  async show(
    { id, crtc }: XOutput,
    mode: number,
    { x, y }: Pick<Shape, "x" | "y"> = { x: 0, y: 0 },
    rotation = ROTATE_0,
  ): Promise<void> {
    if (mode !== 0) this.#used.add(id);
    const outputs = mode === 0 ? [] : [id];
    const { status } = await this.display.ask<{ status: number }>((answer) =>
      this.#randr.SetCrtcConfig(crtc, 0, 0, x, y, mode, rotation, outputs, answer)
    );
    if (status !== 0) throw new Error(`The X server refused a mode: RandR status ${status}`);
  }

  /** Takes away what was made here, besides the modes that outputs show now. */
  tidy(shown: readonly number[]): void {
    this.#added = this.#added.filter(({ mode, output }) => {
      if (shown.includes(mode)) return true;
      this.#randr.DeleteOutputMode(output, mode);
      return false;
    });
    for (const mode of this.#made) {
      if (shown.includes(mode)) continue;
      this.#randr.DestroyMode(mode);
      this.#made.delete(mode);
    }
  }

  async #make(width: number, height: number): Promise<number> {
    const mode = await this.display.ask<number>((answer) =>
      this.#randr.CreateMode(this.display.root, {
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
    this.#made.add(mode);
    return mode;
  }

  #resources(): Promise<{ outputs: number[]; modeinfos: ModeInfo[] }> {
    return this.display.ask((answer) =>
      this.#randr.GetScreenResourcesCurrent(this.display.root, answer)
    );
  }
}
