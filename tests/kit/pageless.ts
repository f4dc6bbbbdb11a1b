/// <reference lib="dom" />
/** The console's engine without a page: it links, hears and says all that it does in a browser, and draws nowhere. */
import type { Engine } from "../../web/client/engine.ts";
import type { Destination, News, Order, State } from "../../web/client/orders.ts";
import { scancode } from "../../web/client/scancodes.ts";
import { eventually } from "./desk.ts";

// what browsers have and Deno has not
Object.assign(globalThis, {
  isSecureContext: true,
  ImageData: class {
    constructor(readonly data: unknown, readonly width: number, readonly height: number) {}
  },
});

type Of<Kind extends News["news"]> = Extract<News, { news: Kind }>;

export class Pageless implements Disposable {
  /** All that it told. */
  readonly news: News[] = [];
  readonly #engine: Engine;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** address: of the appliance's console. Resolves when it is connected, or as `until` says. */
  static async open(
    address: string,
    to: Partial<Destination> = {},
    until: State = "connected",
  ): Promise<Pageless> {
    const { Engine } = await import("../../web/client/engine.ts");
    const pageless: Pageless = new Pageless(new Engine((news) => pageless.news.push(news)));
    pageless.tell({ order: "canvas", canvas: canvas(), pointer: canvas() });
    const url = `${address.replace("http", "ws")}spice`;
    const whole = { url, password: "", display: 0, head: null, viewOnly: false, ...to };
    pageless.tell({ order: "open", to: whole });
    await pageless.hears("state", ({ state }) => state === until);
    return pageless;
  }

  tell(order: Order): void {
    this.#engine.hear(order);
  }

  /** Everything of this kind so far. */
  of<Kind extends News["news"]>(kind: Kind): Of<Kind>[] {
    return this.news.filter((news): news is Of<Kind> => news.news === kind);
  }

  /** Until news of this kind has come, also if before. */
  async hears<Kind extends News["news"]>(
    kind: Kind,
    which: (news: Of<Kind>) => boolean = () => true,
  ): Promise<Of<Kind>> {
    await eventually(() => this.of(kind).some(which), `the engine tells of a ${kind}`);
    return this.of(kind).find(which)!;
  }

  /** Presses keys together, by their codes. */
  press(...codes: string[]): void {
    const key = (code: string, down: boolean) =>
      this.tell({ order: "key", code: scancode(code, down), down });
    for (const code of codes) key(code, true);
    for (const code of codes.toReversed()) key(code, false);
  }

  [Symbol.dispose](): void {
    this.tell({ order: "close" });
  }
}

function canvas(): HTMLCanvasElement {
  const context = {
    putImageData: () => {},
    clearRect: () => {},
    drawImage: () => {},
    getImageData: () => ({ data: new Uint8Array(4) }),
  };
  return { width: 1, height: 1, getContext: () => context } as unknown as HTMLCanvasElement;
}
