/** A connection to an X server with the extensions that the guest needs, its requests as promises. */
import type { Extensions, ScreenChangeNotify, XClient, XEvent, XServer } from "./x11.d.ts";

const wanted = ["damage", "fixes", "xtest", "xkb", "randr"] as const;

/** Xatom.h */
const LAST_PREDEFINED = 68;

/** How a request of the package is called that has an answer: its last argument is the callback. */
type Answer<T> = (error: Error | null, value: T) => boolean;

export class XDisplay {
  readonly #listeners = new Set<(event: XEvent) => void>();
  readonly #atoms = new Map<string, number>();
  readonly #names = new Map<number, string>();
  /** Rejects what was asked and not answered yet. */
  readonly #asked = new Set<(error: Error) => void>();
  #gone = false;
  width: number;
  height: number;
  /** Resolves when the server is gone. */
  readonly gone: Promise<void>;

  private constructor(
    readonly x: XClient,
    readonly root: number,
    readonly extensions: Extensions,
    size: { readonly pixel_width: number; readonly pixel_height: number },
  ) {
    this.width = size.pixel_width;
    this.height = size.pixel_height;
    const gone = Promise.withResolvers<void>();
    this.gone = gone.promise;
    this.gone.then(() => {
      this.#gone = true;
      for (const reject of this.#asked) reject(new Error("The X server is gone"));
      this.#asked.clear();
    });
    x.on("end", () => gone.resolve());
    // errors of requests are about windows that went meanwhile, and have a number; all others end it
    x.on("error", (error) => "error" in error ? undefined : gone.resolve());
    x.on("event", (event) => {
      if (event.name === "RRScreenChangeNotify") {
        ({ width: this.width, height: this.height } = event as ScreenChangeNotify);
      }
      for (const listener of this.#listeners) listener(event);
    });
    extensions.randr.SelectInput(root, 1);
  }

  /** Rejects when the server lacks an extension, or its pixels are not b, g, r, x. */
  static async of({ client, screen: [screen], vendor }: XServer): Promise<XDisplay> {
    if (screen.root_depth !== 24 && screen.root_depth !== 32) {
      throw new Error(`The X server (${vendor}) has a depth of ${screen.root_depth}, 24 is needed`);
    }
    // the package's clients share their table of atoms, and another server has other numbers
    const predefined = Object.entries(client.atoms).filter(([, atom]) => atom <= LAST_PREDEFINED);
    client.atoms = Object.fromEntries(predefined);
    const extensions: Partial<Extensions> = {};
    const { promise: lost, reject: lose } = Promise.withResolvers<never>();
    lost.catch(() => {});
    // requests are not answered any more then, and an error that nobody listens to is thrown
    client.on("end", () => lose(new Error("The X server is gone")));
    client.on("error", lose);
    for (const name of wanted) {
      const asked = new Promise<void>((resolve, reject) =>
        client.require(name, (error, extension) => {
          if (error) reject(new Error(`The X server (${vendor}) has no ${name.toUpperCase()}`));
          Object.assign(extensions, { [name]: extension });
          resolve();
        })
      );
      await Promise.race([asked, lost]);
    }
    return new XDisplay(client, screen.root, extensions as Extensions, screen);
  }

  /** Calls a request; rejects with the server's error. */
  ask<T>(request: (answer: Answer<T>) => void): Promise<T> {
    // not by waiting for `gone`: it would hold every answer until the server goes
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(new Error("The X server is gone"));
      this.#asked.add(reject);
      request((error, value) => {
        this.#asked.delete(reject);
        if (error) reject(error);
        else resolve(value);
        return true;
      });
    });
  }

  /** Comes back with what ends it. */
  onEvent(listener: (event: XEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async atom(name: string): Promise<number> {
    const known = this.#atoms.get(name);
    if (known !== undefined) return known;
    const atom = await this.ask<number>((answer) => this.x.InternAtom(false, name, answer));
    this.#atoms.set(name, atom);
    this.#names.set(atom, name);
    return atom;
  }

  async atomName(atom: number): Promise<string> {
    const known = this.#names.get(atom);
    if (known !== undefined) return known;
    const name = await this.ask<string>((answer) => this.x.GetAtomName(atom, answer));
    // whoever offers more kinds of data than that is not remembered
    if (this.#names.size < 4096) this.#names.set(atom, name);
    return name;
  }

  close(): void {
    this.x.terminate();
  }
}
