/// <reference lib="dom" />
/** The machine's own buttons, where the server has them and this person may press them. */
import type { Power } from "../api/schemas.ts";
import type { Api } from "./api.ts";
import { find, toast } from "./page.ts";

export class Machine {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
    find("power-down").addEventListener("click", () => {
      this.#press("power-down", "The power button was pressed: the guest may ask what to do");
    });
    find("reset").addEventListener("click", () => {
      if (!confirm("Reset the machine? What it has not saved is lost.")) return;
      this.#press("reset", "The machine was reset");
    });
  }

  /** Whether the page is connected. */
  set watching(watching: boolean) {
    find("machine").hidden = true;
    if (!watching || this.#api.session === null || !this.#api.may("operator")) return;
    this.#api.guest().then(
      (guest) => find("machine").hidden = !guest?.controllable,
      () => {},
    );
  }

  async #press(action: Power["action"], done: string): Promise<void> {
    try {
      await this.#api.power(action);
      toast(done);
    } catch (error) {
      toast(error instanceof Error ? error.message : `${error}`);
    }
  }
}
