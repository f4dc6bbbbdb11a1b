/// <reference lib="dom" />
/** The console's page: what the bar's buttons do, and what is said when there is no picture. */
import type { News } from "../client/orders.ts";
import { Viewer } from "../client/viewer.ts";
import { Bar } from "./bar.ts";
import { Card } from "./card.ts";
import { find, kept } from "./page.ts";
import { StatsPanel } from "./stats_panel.ts";

const query = new URLSearchParams(location.search);
const number = (name: string) => {
  const said = query.get(name);
  return said !== null && /^\d{1,3}$/.test(said) ? Number(said) : null;
};
const display = number("display") ?? 0;
const head = number("head");

let password = "";
let viewOnly = kept("view-only") === "on" || query.has("view-only");

const viewer = new Viewer(find("screen"), {
  worker: query.has("no-worker") ? null : new URL("../client/worker.js", import.meta.url),
  onNews: hear,
  onEscape: () => find("keys").focus(),
  label: "The guest's screen. Control, Alt and Shift together give the keyboard back to this page.",
});
const card = new Card({
  again: () => open(),
  login(given) {
    password = given;
    open();
  },
});
const panel = new StatsPanel(viewer);
const bar = new Bar(viewer, panel, {
  display,
  open,
  viewOnly(only) {
    viewOnly = only;
    open();
  },
}, viewOnly);

function open(): void {
  const url = new URL("spice", document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = "";
  viewer.open({ url: url.href, password, display, head, viewOnly });
}

function hear(news: News): void {
  switch (news.news) {
    case "state":
      card.show(news.state, news.why, news.retryMs);
      bar.state = news.state;
      if (news.state === "connected") viewer.screen.focus({ preventScroll: true });
      return;
    case "size":
      card.picture();
      // INVARIANT: before there is a picture the canvas is hidden, and cannot have the keyboard
      if (document.activeElement === document.body) viewer.screen.focus({ preventScroll: true });
      return;
    case "guest":
      bar.name = news.name;
      document.title = display > 0 ? `${news.name} (${display + 1})` : news.name;
      return;
    case "displays":
      bar.displays = news.ids;
      return;
    case "mouseMode":
      toast(
        news.mode === "server" ? "Click to give the mouse to the guest, Esc gives it back" : "",
      );
      return;
  }
}

let fading: ReturnType<typeof setTimeout> | undefined;

function toast(text: string): void {
  clearTimeout(fading);
  find("toast").textContent = "";
  if (text === "") return;
  // what is taken back at once is not worth a word
  fading = setTimeout(() => {
    find("toast").textContent = text;
    fading = setTimeout(() => find("toast").textContent = "", 4000);
  }, 300);
}

// for scripts of whoever runs this page
Object.assign(globalThis, { viewer });
open();
