/** Every control of the console does what it says, by real clicks; and what each role finds there. */
import { assertEquals } from "@std/assert";
import type { Chromium } from "../kit/chromium.ts";
import { FakeGuest } from "../kit/fake_guest.ts";
import { eventually } from "../kit/desk.ts";
import { serveDemo } from "../kit/served.ts";
import { serveConsole } from "../kit/web_console.ts";
import { comesIn, furnished } from "./furnished.ts";
import { canvasOf, ignore, openConsole, shown } from "./page.ts";

/** What features_test.ts types, and what phone_test.ts has on a phone alone. */
const ELSEWHERE = ["typing-go", "typing-stop", "typing-keymap", "again", "phone-keys"];

/** Seen from the page: files that were saved or asked for, windows and devices, what was asked. */
const NOTES = `
  globalThis.notes = [];
  new MutationObserver(() => notes.push("said " + document.getElementById("toast").textContent))
    .observe(document.getElementById("toast"), { childList: true });
  const player = document.getElementById("play-pause");
  new MutationObserver(() => notes.push("paused " + player.dataset.paused))
    .observe(player, { attributes: true, attributeFilter: ["data-paused"] });
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => make.call(URL, globalThis.file = blob);
  const linkClick = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = function () {
    if (this.download) notes.push("saved " + this.download.replace(/.*(\\.[a-z-]+)$/, "$1"));
    else linkClick.call(this);
  };
  HTMLInputElement.prototype.click = function () { notes.push("asked for " + this.id); };
  globalThis.open = (url) => {
    notes.push("opened " + new URL(url).search);
    return { location: { href: url.href }, focus() {} };
  };
  globalThis.confirm = (text) => { notes.push(text); return true; };
  globalThis.showDirectoryPicker = () => {
    notes.push("a folder");
    return Promise.reject(new DOMException("", "AbortError"));
  };
  Object.defineProperty(navigator, "usb", { value: Object.assign(new EventTarget(), {
    requestDevice: () => {
      notes.push("a device");
      return Promise.reject(new DOMException("", "NotFoundError"));
    },
  }) });`;

class Hand {
  /** The ids of what was clicked. */
  readonly used = new Set<string>();

  constructor(readonly browser: Chromium) {}

  /** Clicks in the middle of an element, as a mouse does, when it is there to be clicked. */
  async click(selector: string): Promise<void> {
    const { browser } = this;
    const found = `document.querySelector(${JSON.stringify(selector)})`;
    let at = { x: 0, y: 0 };
    await eventually(async () => {
      // it hides a while after a session has begun
      await browser.evaluate(`document.body.dataset.bar = "shown"`);
      const spot = await browser.evaluate(`(() => {
        const element = ${found};
        element?.scrollIntoView({ block: "nearest" });
        const box = element?.getBoundingClientRect();
        if (!box || box.width === 0 || element.disabled) return null;
        const x = box.x + box.width / 2, y = box.y + box.height / 2;
        // what slides in is not hit before it has come to rest
        return element.contains(document.elementFromPoint(x, y)) ? { x, y } : null;
      })()`);
      if (spot === null || spot.x !== at.x || spot.y !== at.y) {
        if (spot !== null) at = spot;
        return false;
      }
      return true;
    }, `${selector} can be clicked`);
    await browser.mouse("Moved", at.x, at.y);
    await browser.mouse("Pressed", at.x, at.y);
    await browser.mouse("Released", at.x, at.y);
    if (selector.startsWith("#")) this.used.add(selector.slice(1).split(" ")[0]);
  }

  /** Opens a menu and clicks something in it. */
  async choose(menu: string, selector: string): Promise<void> {
    const open = `document.getElementById("${menu}-menu").matches(":popover-open")`;
    if (!await this.browser.evaluate(open)) await this.click(`#${menu}`);
    await eventually(() => this.browser.evaluate(open), `the menu ${menu} is open`);
    await this.click(selector);
  }

  /** Until an expression is true in the page. */
  sees(expression: string, what: string): Promise<void> {
    return eventually(() => this.browser.evaluate(`Boolean(${expression})`), what);
  }
}

const shownNow = (id: string) => `!document.getElementById("${id}").hidden`;
const checked = (id: string, is: boolean) =>
  `document.getElementById("${id}").getAttribute("aria-checked") === "${is}"`;

/** Ids of all buttons that the page has and nobody has used. */
async function unused(browser: Chromium, ...hands: Hand[]): Promise<string[]> {
  const all: string[] = await browser.evaluate(`
    [...document.querySelectorAll(
      "button[id], [role=separator][id], input[type=range][id], #bar ~ * select[id]",
    )]
      .map(({ id }) => id).filter((id) => !id.startsWith("text-console-tab-"))`);
  const used = new Set([...ELSEWHERE, ...hands.flatMap((hand) => [...hand.used])]);
  return all.filter((id) => !used.has(id));
}

Deno.test({
  name: "every button of the console's bar, menus and panels does what it says",
  ignore,
  async fn() {
    await using served = await serveDemo({ cards: 2 });
    const pressed: string[] = [];
    const guest = new FakeGuest();
    const power = {
      state: "running",
      controllable: true,
      onState() {},
      powerDown: () => Promise.resolve(void pressed.push("power button")),
      reset: () => Promise.resolve(void pressed.push("reset")),
    };
    Object.assign(guest, { power });
    await using console = await serveConsole((duplex) => served.sessions.accept(duplex), 0, {
      control: { guest },
    });
    await using plain = await openConsole(console.web.address);
    await plain.evaluate(NOTES);
    await shown(plain);
    const hand = new Hand(plain);
    const notes = (): Promise<string[]> => plain.evaluate("notes.splice(0)");
    const noted = (what: string) =>
      hand.sees(`notes.some((note) => note.startsWith("${what}"))`, what);

    const keys: string[] = await plain.evaluate(
      `[...document.querySelectorAll("#combinations button, #consoles button")].map(({ ariaLabel }) => ariaLabel)`,
    );
    assertEquals(keys.length, 21);
    for (const label of keys) {
      const before = served.keys.length;
      await hand.choose("keys", `#keys-menu [aria-label="${label}"]`);
      const strokes = 2 * label.split(" + ").length;
      await eventually(() => served.keys.length === before + strokes, `${label} arrives`);
    }
    await hand.choose("keys", "#type");
    await hand.sees(`document.getElementById("typing").open`, "a text is asked for");
    await hand.click("#typing-close");
    await hand.sees(`!document.getElementById("typing").open`, "no text is asked for");
    for (const is of [true, false]) {
      await hand.choose("keys", "#show-keys");
      const there = `document.getElementById("touch-keys").hidden === ${!is}`;
      await hand.sees(`${there} && ${checked("show-keys", is)}`, `keys on the screen: ${is}`);
    }

    for (const scaling of ["actual", "sharp", "fit"]) {
      await hand.choose("view", `#view-menu [data-scaling="${scaling}"]`);
      await hand.sees(`viewer.scaling === "${scaling}"`, `the size is ${scaling}`);
    }
    for (const theme of ["light", "dark", "auto"]) {
      await hand.choose("view", `#view-menu [data-theme="${theme}"]`);
      const is = `document.documentElement.dataset.theme === "${theme}"`;
      await hand.sees(is, `the colours are ${theme}`);
    }
    await plain.evaluate(`document.getElementById("view-menu").hidePopover()`);
    await hand.choose("view", "#displays button:last-child");
    await noted("opened ?display=1");
    for (const is of [true, false]) {
      await hand.choose("view", "#only");
      await shown(plain);
      const able = `document.getElementById("keys").disabled === ${is}`;
      await hand.sees(`${checked("only", is)} && ${able}`, `only looking: ${is}`);
    }
    for (const is of [true, false]) {
      await hand.click("#full");
      await hand.sees(`(document.fullscreenElement !== null) === ${is}`, `full screen: ${is}`);
    }

    await hand.choose("more", "#shot");
    await noted("saved .png");
    await hand.choose("more", "#record");
    await hand.sees(
      `document.getElementById("record-time").textContent.includes("MB")`,
      "it records",
    );
    await shown(plain);
    await hand.click("#record-stop");
    await noted("saved .spice-session");
    await plain.evaluate("void viewer.play(file)");
    const begun = `notes.includes("paused false") && notes.at(-1) === "paused true"`;
    await hand.sees(begun, "the recording is played to its end");
    for (const control of ["#play-place", "#play-pause"]) {
      await notes();
      await hand.click(control);
      await hand.sees(begun, `${control} has it played again`);
    }
    await hand.click("#play-speed");
    await plain.key("keyDown", "ArrowDown", "ArrowDown", 40);
    await plain.key("keyDown", "Enter", "Enter", 13);
    await hand.sees(
      `document.getElementById("player").dataset.speed === "2"`,
      "it is played faster",
    );
    await hand.click("#play-end");
    await hand.sees(`document.body.dataset.state === "closed"`, "it is closed");
    await hand.click("#power");
    await shown(plain);
    await hand.choose("more", "#play");
    await noted("asked for play-file");
    for (const is of [true, false]) {
      await hand.choose("more", "#numbers");
      const there = `document.getElementById("stats").hidden === ${!is}`;
      await hand.sees(`${there} && ${checked("numbers", is)}`, `statistics: ${is}`);
    }
    await hand.choose("more", "#power-down");
    await eventually(() => pressed.includes("power button"), "the power button is pressed");
    await hand.choose("more", "#reset");
    await eventually(() => pressed.includes("reset"), "the machine is reset");
    await noted("Reset the machine?");
    await notes();
    await hand.click("#power");
    await hand.sees(`document.body.dataset.state === "closed"`, "it is disconnected");
    await hand.click("#power");
    await shown(plain);
    // a guest's pointer may be relative for a moment while one connects
    await new Promise((wake) => setTimeout(wake, 700));
    const hints = (await notes()).filter((note) => note.startsWith("said Click"));
    assertEquals(hints, [], "nobody is told to click for a mouse that is theirs");
    assertEquals(plain.console, []);

    await using rich = await furnished();
    await using browser = await comesIn(rich.address, "ann");
    await browser.evaluate(NOTES);
    await browser.command("Browser.grantPermissions", {
      permissions: ["clipboardReadWrite", "clipboardSanitizedWrite"],
    });
    const other = new Hand(browser);
    const says = (text: string) =>
      other.sees(`notes.some((note) => note.startsWith("said ${text}"))`, text);
    for (const is of [true, false]) {
      await other.choose("view", "#follow");
      await other.sees(checked("follow", is), `the guest follows the window: ${is}`);
      await browser.evaluate(`document.getElementById("view-menu").hidePopover()`);
    }
    for (const is of [false, true]) {
      await other.choose("more", "#share-clipboard");
      await other.sees(checked("share-clipboard", is), `the clipboard is shared: ${is}`);
    }
    for (const is of [true, false]) {
      await other.choose("sound", "#hear");
      await other.sees(checked("hear", is), `sound: ${is}`);
    }
    await other.choose("sound", "#speak");
    await other.sees(checked("speak", true), "the guest may listen");
    await other.choose("sound", "#volume");
    await other.sees("viewer.sound.state.volume < 1", "the volume is another");
    await browser.evaluate(`document.getElementById("sound-menu").hidePopover()`);
    await other.choose("devices", "#share-folder");
    await other.sees(`notes.includes("a folder")`, "a folder is chosen");
    await other.choose("devices", "#share-writable");
    await other.sees(checked("share-writable", true), "the guest may write");
    await browser.evaluate(`document.getElementById("devices-menu").hidePopover()`);
    await other.choose("devices", "#pass-usb");
    await other.sees(`notes.includes("a device")`, "a device is chosen");
    await other.choose("devices", "#open-consoles");
    await rich.say("Welcome\r\n");
    const text = `devices.consoles.text("tty")`;
    await other.sees(`${text} === "Welcome"`, "the text console shows what the guest says");
    await other.click("#text-console-size");
    await eventually(() => /stty rows \d+ cols \d+/.test(rich.heard), "the size is told");
    await other.click("#text-console-copy");
    await says("All of the console's text is copied");
    await browser.evaluate(`navigator.clipboard.writeText("pasted words")`);
    await other.click("#text-console-paste");
    await eventually(() => rich.heard.includes("pasted words"), "it is pasted");
    const height = () =>
      browser.evaluate(`document.getElementById("text-console-edge").ariaValueNow`);
    await other.click("#text-console-edge");
    const low = await height();
    await browser.evaluate(`document.getElementById("text-console-edge").focus()`);
    await browser.key("keyDown", "ArrowUp", "ArrowUp", 38);
    await eventually(async () => await height() !== low, "the text consoles are higher");
    await other.click("#text-console-clear");
    await other.sees(`${text} === ""`, "nothing is left of what the guest said");
    await other.click("#text-console-close");
    await other.sees(`!(${shownNow("text-consoles")})`, "the text consoles are closed");
    await other.choose("more", "#send-clipboard");
    await says("The guest has your clipboard now");
    await eventually(() => rich.agent.text === "pasted words", "the guest's agent has it");
    await other.choose("more", "#send-files");
    await other.sees(`notes.includes("asked for files-input")`, "files are asked for");
    await browser.evaluate(`(() => {
      const input = document.getElementById("files-input"), chosen = new DataTransfer();
      chosen.items.add(new File(["of some ", "length"], "letter.txt"));
      input.files = chosen.files;
      input.dispatchEvent(new Event("change"));
    })()`);
    await other.sees(
      `[...document.querySelectorAll("#strips .how")].some(({ textContent }) => textContent === "is in the guest")`,
      "the file is said to be in the guest",
    );
    const letter = new TextDecoder().decode(rich.agent.files.get("letter.txt"));
    assertEquals(letter, "of some length");

    await using otto = await comesIn(rich.address, "otto");
    await other.click("#people");
    await other.click(`#people-list button[title^="Disconnect otto"]`);
    await other.sees(`notes.some((note) => note.startsWith("Disconnect otto"))`, "it is asked");
    await eventually(
      () => otto.evaluate(`document.body.dataset.state === "failed"`),
      "otto is disconnected",
    );
    assertEquals(
      await otto.evaluate(`["card-title", "card-text", "again"].map((id) =>
        document.getElementById(id).textContent)`),
      ["The session is over", "This session was ended from the console", "Try again"],
    );
    assertEquals(rich.served.appliance.clients, 1);
    await other.choose("people", "#logout");
    await begunAnew(browser);
    assertEquals(browser.console, []);
    assertEquals(await unused(browser, hand, other), []);
  },
});

/** Until the page asks who is there, with nothing of what it showed before. */
async function begunAnew(browser: Chromium): Promise<void> {
  const is = `document.body.dataset.picture === "none" && ${shownNow("login")}`;
  // while it loads there is no page to ask
  await eventually(
    () => browser.evaluate(is).catch(() => false),
    "the page asks who is there, and shows nothing",
  );
}

/** Pixels of the demo desktop's window that says which keys came last. */
async function keysSeen(browser: Chromium): Promise<Uint32Array> {
  const { width, pixels } = await canvasOf(browser);
  const seen = new Uint32Array(48 * 300);
  for (let y = 0; y < 48; y++) {
    const from = (540 + y) * width + 660;
    seen.set(pixels.subarray(from, from + 300), y * 300);
  }
  return seen;
}

/** The same, when it is there and has been so for a while. */
async function keysAtRest(browser: Chromium): Promise<string> {
  let last = "", looks = 0;
  await eventually(async () => {
    const seen = await keysSeen(browser), now = seen.join();
    looks = now === last && new Set(seen).size > 16 ? looks + 1 : 0;
    last = now;
    return looks === 10;
  }, "the desktop's window of keys is at rest");
  return last;
}

Deno.test({
  name:
    "who only looks finds no keys and types nothing; who operates types, and disconnects nobody; whose login ends leaves nothing on the page",
  ignore,
  async fn() {
    await using guest = await furnished();
    await using vera = await comesIn(guest.address, "vera");
    await using otto = await comesIn(guest.address, "otto");
    const role = (browser: Chromium) =>
      browser.evaluate(`({
        keys: document.getElementById("keys").disabled,
        only: ["disabled", "ariaChecked"].map((name) => document.getElementById("only")[name]),
        sends: !document.getElementById("clipboard-group").hidden,
      })`);
    assertEquals(await role(vera), { keys: true, only: [true, "true"], sends: false });
    await eventually(async () => (await role(otto)).sends, "otto shares the clipboard");
    assertEquals(await role(otto), { keys: false, only: [false, "false"], sends: true });

    const press = async (browser: Chromium) => {
      await browser.evaluate(`viewer.screen.focus()`);
      await browser.key("keyDown", "q", "KeyQ", 81);
      await browser.key("keyUp", "q", "KeyQ", 81);
    };
    const before = await keysAtRest(otto);
    await press(vera);
    assertEquals(await keysAtRest(otto) === before, true, "nothing of what vera types arrives");
    await press(otto);
    await eventually(
      async () => (await keysSeen(otto)).join() !== before,
      "what otto types arrives",
    );
    await eventually(async () => (await keysSeen(vera)).join() !== before, "vera sees it");

    await otto.evaluate(`document.getElementById("people").click()`);
    const lines = (): Promise<string[]> =>
      otto.evaluate(`[...document.getElementById("people-list").children].map((line) =>
        line.tagName + " " + line.textContent)`);
    await eventually(async () => (await lines()).length === 2, "otto sees who is here");
    assertEquals((await lines()).toSorted(), [
      "P otto, 127.0.0.1 (you)",
      "P vera, 127.0.0.1, only looks",
    ]);

    // in another of her tabs, say
    await vera.evaluate(`fetch("api/session").then((answer) => answer.json()).then(({ csrf }) =>
      fetch("api/session", { method: "DELETE", headers: { "x-csrf-token": csrf } })).then(() => 0)`);
    await begunAnew(vera);
  },
});
