/// <reference lib="dom" />
/** What the page says while there is no picture: what happened, and what to do. */
import type { State } from "../client/orders.ts";
import { find } from "./page.ts";

export interface CardHost {
  again(): void;
  /** user: "" where nobody was named. */
  login(user: string, password: string): void;
}

/** What somebody can come in with: the guest's own password, a name and a password, or either. */
export type Ways = readonly ("ticket" | "user")[];

/** What passes this quickly is not worth a word: a connection that stands, a picture that comes. */
const PATIENCE_MS = 400;

export class Card {
  #counting: ReturnType<typeof setInterval> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #hasPicture = false;

  constructor(host: CardHost) {
    document.body.dataset.picture = "none";
    find("again").addEventListener("click", () => host.again());
    find("login").addEventListener("submit", (event) => {
      event.preventDefault();
      host.login(find<HTMLInputElement>("user").value.trim(), this.#password.value);
    });
  }

  get #password(): HTMLInputElement {
    return find<HTMLInputElement>("password");
  }

  /** The first picture has come. */
  picture(): void {
    this.#hasPicture = true;
    document.body.dataset.picture = "some";
    if (document.body.dataset.state === "connected") this.#hide();
  }

  show(state: State, why: string, retryMs: number): void {
    this.#now(state);
    switch (state) {
      case "connected":
        this.#password.value = "";
        if (this.#hasPicture) return this.#hide();
        return this.#later(
          "Connected",
          "The guest shows nothing yet. It may be starting, or its screen sleeps.",
        );
      case "connecting":
        return this.#later("Connecting", "");
      case "waiting":
        return this.#count(why, retryMs);
      case "refused":
        return this.ask(["ticket"], this.#password.value === "" ? "" : why);
      case "failed":
        this.#say(this.#hasPicture ? "The session is over" : "This does not work", why);
        return this.#offer("Try again");
      case "closed":
        this.#say("Disconnected", "The guest runs on.");
        return this.#offer("Connect");
    }
  }

  /** Asks who is there; why: what was wrong with the last answer, or "". */
  ask(ways: Ways, why: string): void {
    this.#now("refused");
    const users = ways.includes("user");
    this.#say(users ? "Who are you?" : "Password needed", why || "This guest is protected.");
    find("login").hidden = false;
    find("user-field").hidden = !users;
    find("user-hint").hidden = !ways.includes("ticket");
    const user = find<HTMLInputElement>("user");
    user.required = !ways.includes("ticket");
    if (users && user.value === "") user.focus();
    else this.#password.select();
  }

  #now(state: State): void {
    clearInterval(this.#counting);
    clearTimeout(this.#patience);
    document.body.dataset.state = state;
  }

  /** What was said last stays until this takes long. */
  #later(title: string, text: string): void {
    this.#patience = setTimeout(() => this.#say(title, text), PATIENCE_MS);
  }

  #count(why: string, retryMs: number): void {
    const until = performance.now() + retryMs;
    const what = this.#hasPicture ? "Connection lost" : "No connection";
    const tell = () => {
      const seconds = Math.max(1, Math.ceil((until - performance.now()) / 1000));
      this.#say(what, `${why}. Trying again`, ` in ${seconds} s.`);
      this.#offer("Try now");
    };
    tell();
    this.#counting = setInterval(tell, 1000);
  }

  /** count: what changes while it is seen, and would be read out each time. */
  #say(title: string, text: string, count = ""): void {
    find("card").hidden = false;
    find("login").hidden = find("again").hidden = true;
    put("card-title", title);
    put("card-words", text);
    put("card-count", count);
  }

  #offer(label: string): void {
    put("again", label);
    find("again").hidden = false;
  }

  #hide(): void {
    clearTimeout(this.#patience);
    find("card").hidden = true;
  }
}

/** Only what changes is read out. */
function put(id: string, text: string): void {
  const element = find(id);
  if (element.textContent !== text) element.textContent = text;
}
