/// <reference lib="dom" />
/** Who else is at this guest, by name, and what may be done about it. */
import type { Client } from "../api/schemas.ts";
import type { Api } from "./api.ts";
import { item, menuOf } from "./menu.ts";
import { find, toast } from "./page.ts";

/** How often the number is looked up. */
const PERIOD_MS = 10_000;

export class People {
  readonly #api: Api;
  readonly #menu: HTMLElement;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(api: Api, logout: () => void) {
    this.#api = api;
    this.#menu = menuOf("people", () => this.#look());
    find("logout").addEventListener("click", () => {
      this.#menu.hidePopover();
      logout();
    });
  }

  /** Whether the page is connected: nobody else is asked about. */
  set watching(watching: boolean) {
    clearInterval(this.#timer);
    const known = watching && this.#api.session !== null;
    find("people").hidden = !known;
    find("logout").hidden = this.#api.session?.login !== "done";
    if (!known) return;
    this.#look();
    this.#timer = setInterval(() => {
      if (!document.hidden) this.#look();
    }, PERIOD_MS);
  }

  async #look(): Promise<void> {
    let clients: Client[];
    try {
      clients = await this.#api.clients();
    } catch {
      return;
    }
    find("people-count").textContent = `${clients.length}`;
    const title = clients.length === 1 ? "Only you are here" : `${clients.length} people are here`;
    find("people").title = title;
    find("people-title").textContent = title;
    const list = find("people-list");
    // what has the keyboard stays under it
    if (list.contains(document.activeElement)) return;
    list.replaceChildren(...clients.map((client) => this.#line(client)));
  }

  #line(client: Client): HTMLElement {
    const who = nameOf(client);
    if (client.own || !this.#api.may("admin")) {
      const line = document.createElement("p");
      line.className = "person";
      line.setAttribute("role", "menuitem");
      line.setAttribute("aria-disabled", "true");
      line.textContent = client.own ? `${who} (you)` : who;
      return line;
    }
    const line = item(who, async () => {
      this.#menu.hidePopover();
      if (!confirm(`Disconnect ${who}?`)) return;
      try {
        await this.#api.disconnect(client.id);
        toast(`${who} was disconnected`);
      } catch (error) {
        toast(error instanceof Error ? error.message : `${error}`);
      }
    });
    line.title = `Disconnect ${who}`;
    return line;
  }
}

/** As people know each other: a name, or where they come from; and whether they only look. */
function nameOf({ user, address, role, websocket }: Client): string {
  const from = websocket ? address : `${address}, not by browser`;
  const who = user === null ? from : `${user}, ${from}`;
  return role === "viewer" ? `${who}, only looks` : who;
}
