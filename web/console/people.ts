/// <reference lib="dom" />
/** Who else is at this guest, by name, and what may be done about it. */
import type { Client, Port, Tunnel } from "../api/schemas.ts";
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
    let clients: Client[], tunnels: Tunnel[], ports: Port[];
    try {
      [clients, tunnels, ports] = await Promise.all([
        this.#api.clients(),
        this.#api.tunnels(),
        this.#api.ports(),
      ]);
    } catch {
      return;
    }
    find("people-count").textContent = `${clients.length}`;
    const title = clients.length === 1 ? "Only you are here" : `${clients.length} people are here`;
    find("people").title = title;
    find("people-title").textContent = title;
    const links = [
      ...tunnels.map((tunnel) => tunnelText(tunnel, clients)),
      ...ports.filter(({ kind }) => kind === "usb-listener").map(usbText),
    ];
    find("links-list").replaceChildren(...links.map((text) => dull(text)));
    const list = find("people-list");
    // what has the keyboard stays under it
    if (list.contains(document.activeElement)) return;
    list.replaceChildren(...clients.map((client) => this.#line(client)));
  }

  #line(client: Client): HTMLElement {
    const who = nameOf(client);
    if (client.own || !this.#api.may("admin")) {
      return dull(client.own ? `${who} (you)` : who);
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

/** A line that only tells. */
function dull(text: string): HTMLElement {
  const line = document.createElement("p");
  line.className = "person";
  line.setAttribute("role", "menuitem");
  line.setAttribute("aria-disabled", "true");
  line.textContent = text;
  return line;
}

/** Who carries a tunnel, and how much goes through it. */
function tunnelText({ name, target, client, open, failure }: Tunnel, clients: readonly Client[]) {
  const what = `Tunnel ${name} to ${target}`;
  if (client === null) return `${what}: nobody carries it`;
  const carrier = clients.find(({ id }) => id === client);
  const count = open === 1 ? "1 connection" : `${open} connections`;
  const failed = failure === null ? "" : `, one failed (${failure})`;
  return `${what}: carried by ${carrier ? nameOf(carrier) : "a client"}, ${count}${failed}`;
}

const usbText = ({ name, from }: Port) =>
  `USB at ${name}: ${from.length === 0 ? "no device" : `from ${from.join(", ")}`}`;

/** As people know each other: a name, or where they come from; and whether they only look. */
function nameOf({ user, address, role, websocket }: Client): string {
  const from = websocket ? address : `${address}, not by browser`;
  const who = user === null ? from : `${user}, ${from}`;
  return role === "viewer" ? `${who}, only looks` : who;
}
