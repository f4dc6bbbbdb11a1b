/// <reference lib="dom" />
/** The console's page: what the bar's buttons do, and what is said when there is no picture. */
import type { News } from "../client/orders.ts";
import { FILE_ENDING } from "../client/session_file.ts";
import { Viewer } from "../client/viewer.ts";
import { Api } from "./api.ts";
import { Bar } from "./bar.ts";
import { Card } from "./card.ts";
import { Clipboard } from "./clipboard.ts";
import { DevicesMenu } from "./devices/devices_menu.ts";
import { Entry } from "./entry.ts";
import { Files } from "./files.ts";
import { Follow } from "./follow.ts";
import { askBeforeLeaving } from "./leaving.ts";
import { Machine } from "./machine.ts";
import { Outage } from "./outage.ts";
import { find, kept, toast, untoast } from "./page.ts";
import { People } from "./people.ts";
import { Recording } from "./recording.ts";
import { SoundMenu } from "./sound_menu.ts";
import { StatsPanel } from "./stats_panel.ts";
import { chosenKeymap } from "./typing.ts";
import type { Screens } from "./view_menu.ts";

const query = new URLSearchParams(location.search);
const number = (name: string) => {
  const said = query.get(name);
  return said !== null && /^\d{1,3}$/.test(said) ? Number(said) : null;
};
const display = number("display") ?? 0;
let head = number("head");

let viewOnly = kept("view-only") === "on" || query.has("view-only");

const viewer = new Viewer(find("screen"), {
  worker: query.has("no-worker") ? null : new URL("../client/worker.js", import.meta.url),
  worklet: new URL("../client/sound/worklet.js", import.meta.url),
  onNews: hear,
  onSound: (state) => soundMenu?.show(state),
  onEscape: () => find("keys").focus(),
  strokes: (character) => chosenKeymap().strokes(character),
  label: "The guest's screen. Control, Alt and Shift together give the keyboard back to this page.",
});
const api = new Api();
const card = new Card({
  again: () => entry.open(),
  login: (user, password) => entry.login(user, password),
});
const entry = new Entry(api, card, {
  enter(password) {
    const url = new URL("spice", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = "";
    const watch = { url: new URL("healthz", document.baseURI).href };
    const looks = viewOnly || api.session?.role === "viewer";
    files.looks = looks;
    viewer.open({ url: url.href, password, display, head, viewOnly: looks, watch });
  },
  known: () => bar.role = api.session?.role ?? null,
});
const panel = new StatsPanel(viewer);
const outage = new Outage(toast);
const recording = new Recording(viewer);
const bar = new Bar(viewer, panel, {
  display,
  open: () => entry.open(),
  look(to) {
    head = to;
    const url = new URL(location.href);
    if (to === null) url.searchParams.delete("head");
    else url.searchParams.set("head", `${to}`);
    history.replaceState(null, "", url);
    canBeSized();
    entry.open();
  },
  viewOnly(only) {
    viewOnly = only;
    entry.open();
  },
}, viewOnly);
const people = new People(api, () => void api.logout().catch(() => {}).finally(leave));
const machine = new Machine(api);
const clipboard = new Clipboard(viewer), files = new Files(viewer), follow = new Follow(viewer);
const soundMenu: SoundMenu = new SoundMenu(viewer);
const HOW_TO_POINT = matchMedia("(pointer: coarse)").matches
  ? "A finger moves the guest's mouse from where that is, a tap clicks there"
  : "Click to give the mouse to the guest, Esc gives it back";
const devices = new DevicesMenu(viewer);
let leaving = false;
let screens: Screens = { ids: [], heads: [], mostHeads: 0 }, canResize = false;

function hear(news: News): void {
  recording.hear(news);
  devices.hear(news);
  switch (news.news) {
    case "state":
      people.watching = machine.watching = news.state === "connected" && !recording.playing;
      if (news.state === "waiting") ended();
      // what was being recorded has been saved by now
      if (news.state === "closed" && leaving) return location.reload();
      outage.hear(news.state, news.why);
      // while somebody is asked who they are nothing else is said
      if (!entry.asking) card.show(news.state, news.why, news.retryMs);
      bar.playing = recording.playing;
      bar.state = news.state;
      if (news.state === "connected" && !occupied()) viewer.screen.focus({ preventScroll: true });
      return;
    case "size":
      card.picture();
      // INVARIANT: before there is a picture the canvas is hidden, and cannot have the keyboard
      if (document.activeElement === document.body) viewer.screen.focus({ preventScroll: true });
      return;
    case "guest":
      bar.name = news.name;
      document.title = display > 0 || head ? `${news.name} (${(head || display) + 1})` : news.name;
      return;
    case "displays":
      screens = news;
      return canBeSized();
    case "agent":
      clipboard.able = news.agent.clipboard;
      files.able = news.agent.files;
      canResize = news.agent.resize;
      return canBeSized();
    case "clip":
      return void clipboard.copied(news.clip);
    case "transfer":
      return files.hear(news);
    case "playback":
      bar.playing = true;
      return;
    case "mouseMode":
      if (news.mode === "server" && !recording.playing) toast(HOW_TO_POINT);
      else untoast(HOW_TO_POINT);
      return;
    case "notice":
      return toast(news.text);
  }
}

/** What is shown has a size of its own; several heads of a display together have not. */
function canBeSized(): void {
  const { ids, heads } = screens;
  bar.screens = { ...screens, head, canResize };
  const there = ids.length > 1 || heads.includes(head ?? heads[0]);
  const one = ids.length > 1 || heads.length > 0 && (head !== null || heads.length === 1);
  follow.able = { able: canResize && one, there };
}

/** Somebody types elsewhere on the page, or chooses: what comes back by itself leaves it to them. */
function occupied(): boolean {
  const places = "#text-consoles, textarea, dialog, :popover-open";
  return Boolean(document.activeElement?.closest(places));
}

/** A connection broke: the login may have ended with it. */
async function ended(): Promise<void> {
  if (await entry.lost()) leave();
}

/** Who was logged in has left; so does, with the page, all that it showed, shared and remembered. */
function leave(): void {
  leaving = true;
  viewer.close();
  // a worker that never ran closes nothing
  setTimeout(() => location.reload(), 5000);
}

/** The network is back, or the person: what waits for its next try does not wait any longer. */
function awake(): void {
  if (!document.hidden && document.body.dataset.state === "waiting") entry.open();
}
addEventListener("online", awake);
document.addEventListener("visibilitychange", awake);

askBeforeLeaving(() => !leaving && (recording.on || files.sending));
// for scripts of whoever runs this page
Object.assign(globalThis, { viewer, devices });
// a recording that is dropped on the page is played, everything else is for the guest
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const dropped = [...event.dataTransfer?.files ?? []];
  const file = dropped.find(({ name }) => name.endsWith(FILE_ENDING));
  if (file) recording.play(file);
  else if (dropped.length > 0) files.send(dropped);
});
entry.open();
