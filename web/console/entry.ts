/// <reference lib="dom" />
/** Who comes in: asks the server whether a login is needed, asks the person for one, and goes on. */
import { type Api, Refused } from "./api.ts";
import type { Card } from "./card.ts";

/** Answers that trying again does not change: no login, none that counts, another name than the console's. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 421]);

export interface EntryHost {
  /** Nothing stands in the way. password: what SPICE is to be told. */
  enter(password: string): void;
  /** Who this page is has changed. */
  known(): void;
}

export class Entry {
  readonly #api: Api;
  readonly #card: Card;
  readonly #host: EntryHost;
  #asking = false;
  /** The server said why nobody comes in. */
  #refused = false;
  /** The guest's own, as it was given last. */
  #password = "";
  /** The latest call counts: a person may press faster than a server answers. */
  #turn = 0;

  constructor(api: Api, card: Card, host: EntryHost) {
    this.#api = api;
    this.#card = card;
    this.#host = host;
  }

  /** A login is being asked for, or was refused: nothing else should be said. */
  get asking(): boolean {
    return this.#asking || this.#refused;
  }

  /** Goes in, or asks for what is needed. */
  async open(): Promise<void> {
    const turn = ++this.#turn;
    this.#card.show("connecting", "", 0);
    if (await this.#needed() || turn !== this.#turn) return;
    this.#host.enter(this.#password);
  }

  /** A connection was lost: it may be that the login has ended. true: it has, and the page says so. */
  async lost(): Promise<boolean> {
    return this.#api.session !== null && !this.asking && await this.#needed();
  }

  /** The person's answer. */
  async login(user: string, password: string): Promise<void> {
    if (!this.#asking) {
      this.#password = password;
      return await this.open();
    }
    try {
      await this.#api.login(user === "" ? { password } : { user, password });
    } catch (error) {
      const why = error instanceof Error ? error.message : `${error}`;
      return this.#card.ask(this.#api.session?.ways ?? ["ticket"], why);
    }
    this.#asking = false;
    await this.open();
  }

  async #needed(): Promise<boolean> {
    try {
      await this.#api.hello();
      this.#refused = false;
    } catch (error) {
      // a server that is not there or ails, or a proxy that has too much to do: whoever opens the
      // connection tries again
      this.#refused = error instanceof Refused && REFUSALS.has(error.status);
      if (this.#refused) this.#card.show("failed", (error as Refused).message, 0);
      return this.#refused;
    }
    this.#host.known();
    this.#asking = this.#api.session?.login === "needed";
    if (this.#asking) this.#card.ask(this.#api.session!.ways, "");
    return this.#asking;
  }
}
