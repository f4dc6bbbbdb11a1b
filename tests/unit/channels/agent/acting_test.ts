import { assert, assertEquals, assertThrows } from "@std/assert";
import { bytesOfText, textOf } from "../../../../core/binary/text.ts";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { AgentCap } from "../../../../core/protocol/agent.ts";
import { Capabilities } from "../../../../core/protocol/capabilities.ts";
import { Main } from "../../../../core/protocol/main.ts";
import { ActingAgent } from "../../../../channels/agent/acting.ts";
import { MainService } from "../../../../channels/main.ts";
import { MmClock } from "../../../../channels/mm_clock.ts";
import { MouseMode } from "../../../../channels/mouse_mode.ts";
import { agentWords, FakeClipboard, piecesOf, type Said } from "../../../kit/agent_talk.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakeGuest } from "../../../kit/fake_guest.ts";
import { fakeClient, FakeLog, gtkMainCaps, Talk } from "../../../kit/linked.ts";

const words = agentWords({ selection: true, grabSerial: false });
const gtkAgentCaps = Capabilities.of(
  AgentCap.monitorsConfig,
  AgentCap.reply,
  AgentCap.clipboardByDemand,
  AgentCap.clipboardSelection,
  AgentCap.clipboardGrabSerial,
);

function setting(options: { resizable?: boolean; copyPaste?: boolean } = {}) {
  const clipboard = new FakeClipboard();
  const guest = Object.assign(new FakeGuest({ resizable: options.resizable ?? true }), {
    clipboard,
  });
  const clock = new FakeClock(), log = new FakeLog();
  const agent = new ActingAgent(guest, clock, {
    copyPaste: options.copyPaste ?? true,
    fileTransfer: true,
  });
  const service = new MainService({
    guest,
    mouse: new MouseMode(guest.pointer),
    mmClock: new MmClock(clock),
    channels: () => [],
    agent,
  });
  /** A client that has started its agent and announced itself. */
  const join = (caps = gtkAgentCaps, tokens = 0xffffffff) => {
    const client = fakeClient({ clock, log });
    const talk = new Talk(Main, service, client, { caps: gtkMainCaps });
    const connected = talk.take()[0].body.agentConnected;
    const say = (name: Parameters<typeof words.message>[0], body: unknown) => {
      for (const piece of piecesOf(words.message(name, body))) talk.say.agentData({ data: piece });
    };
    const heard = (): Said[] => {
      talk.exchange();
      const pieces = talk.take().filter(({ name }) => name === "agentData");
      assert(pieces.every(({ body }) => body.data.length <= 2048));
      return words.read(Uint8Array.from(pieces.flatMap(({ body }) => [...body.data])));
    };
    talk.say.agentStart({ numTokens: tokens });
    say("announceCapabilities", { request: 0, caps: [...caps.words] });
    return { client, talk, say, heard, connected };
  };
  return { guest, clipboard, clock, log, agent, join };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const text = bytesOfText("Grüße");

Deno.test("acting agent says what it can: monitors, selections, or both", () => {
  const bits = (options: { resizable?: boolean; copyPaste?: boolean }) => {
    const { join } = setting(options);
    const { say, heard, connected } = join();
    say("announceCapabilities", { request: 1, caps: [] });
    const [[, body] = ["", null]] = heard();
    const caps = body && new Capabilities([...body.caps]);
    return [connected, caps?.has(AgentCap.monitorsConfig), caps?.has(AgentCap.clipboardByDemand)];
  };
  assertEquals(bits({}), [1, true, true]);
  assertEquals(bits({ resizable: false }), [1, false, true]);
  assertEquals(bits({ copyPaste: false }), [1, true, false]);
  assertEquals(bits({ resizable: false, copyPaste: false })[0], 0);
});

Deno.test("acting agent tells clients of what the guest copied, and gives it when asked", async () => {
  const { clipboard, join } = setting();
  const { say, heard } = join();
  clipboard.has.set("clipboard text", text);
  clipboard.own("clipboard", ["text", "png"]);
  const [[name, grab], ...more] = heard();
  assertEquals([name, grab.selection, [...grab.types], more], [
    "clipboardGrab",
    "clipboard",
    [1, 2],
    [],
  ]);
  say("clipboardRequest", { selection: "clipboard", type: 1 });
  say("clipboardRequest", { selection: "clipboard", type: 2 });
  say("clipboardRequest", { selection: "clipboard", type: 77 });
  await turn();
  const answers = heard().map(([name, { type, data }]) => [name, type, textOf(data)]);
  assertEquals(answers.toSorted(), [
    ["clipboard", 0, ""],
    ["clipboard", 0, ""],
    ["clipboard", 1, "Grüße"],
  ]);
  clipboard.own("clipboard", []);
  assertEquals(heard(), [["clipboardRelease", { selection: "clipboard" }]]);
});

Deno.test("acting agent tells who comes later what the guest has", () => {
  const { clipboard, join } = setting();
  clipboard.own("primary", ["text"]);
  const [[name, grab]] = join().heard();
  assertEquals([name, grab.selection], ["clipboardGrab", "primary"]);
  const plain = Capabilities.of(AgentCap.clipboardByDemand);
  assertEquals(join(plain).heard(), [], "it knows only the clipboard");
  assertEquals(join(Capabilities.of()).heard(), [], "it knows no grabs");
});

Deno.test("acting agent lets the guest fetch what a client has, in pieces", async () => {
  const { clipboard, join } = setting();
  const { say, heard } = join();
  say("clipboardGrab", { selection: "clipboard", types: [1, 99] });
  const { types, fetch } = clipboard.offers.get("clipboard")!;
  assertEquals(types, ["text"]);
  const fetched = fetch("text");
  assertEquals(heard(), [["clipboardRequest", { selection: "clipboard", type: 1 }]]);
  const large = new Uint8Array(100_000).map((_, i) => i);
  say("clipboard", { selection: "clipboard", type: 1, data: large });
  assertEquals(await fetched, large);
  const refused = fetch("text");
  say("clipboard", { selection: "clipboard", type: 0, data: new Uint8Array(0) });
  assertEquals(await refused, null);
});

Deno.test("acting agent's fetch ends when the client lets go, is late, or leaves", async () => {
  const { clipboard, join, clock } = setting();
  const { say, talk } = join();
  const grab = () => {
    say("clipboardGrab", { selection: "clipboard", types: [1] });
    return clipboard.offers.get("clipboard")!.fetch("text");
  };
  let fetched = grab();
  say("clipboardRelease", { selection: "clipboard" });
  assertEquals([await fetched, clipboard.offers.size], [null, 0]);
  fetched = grab();
  clock.advance(60_000);
  assertEquals(await fetched, null);
  fetched = grab();
  const { fetch } = clipboard.offers.get("clipboard")!;
  talk.conversation.closed();
  assertEquals([await fetched, await fetch("text"), clipboard.offers.size], [null, null, 0]);
});

Deno.test("acting agent's selection belongs to whoever grabbed last, client or guest", async () => {
  const { clipboard, join } = setting();
  const one = join(), two = join();
  one.say("clipboardGrab", { selection: "clipboard", types: [1] });
  const first = clipboard.offers.get("clipboard")!.fetch("text");
  two.say("clipboardGrab", { selection: "clipboard", types: [1] });
  assertEquals(await first, null);
  one.say("clipboardRelease", { selection: "clipboard" });
  one.talk.conversation.closed();
  assert(clipboard.offers.has("clipboard"), "what is somebody else's is not released");
  clipboard.own("clipboard", ["text"]);
  two.say("clipboardRelease", { selection: "clipboard" });
  assert(clipboard.offers.has("clipboard"), "the guest has replaced it already");
});

Deno.test("acting agent sends a long selection no faster than the client takes it", async () => {
  const { clipboard, join } = setting();
  const { say, talk } = join();
  const large = new Uint8Array(3 << 20).map((_, i) => i * 7);
  clipboard.has.set("clipboard text", large);
  talk.reading = false;
  say("clipboardRequest", { selection: "clipboard", type: 1 });
  await turn();
  assert(talk.conversation.outbox.waitingBytes < 1 << 18);
  talk.reading = true;
  talk.exchange();
  const pieces = talk.take().filter(({ name }) => name === "agentData");
  const bytes = new Uint8Array(pieces.reduce((n, { body }) => n + body.data.length, 0));
  let at = 0;
  for (const { body } of pieces) bytes.set(body.data, at), at += body.data.length;
  const [[name, { data }]] = words.read(bytes);
  assertEquals([name, data.length, data.every((x: number, i: number) => x === large[i])], [
    "clipboard",
    large.length,
    true,
  ]);
});

Deno.test("acting agent survives a selection that is too long, and a guest that fails", async () => {
  const { clipboard, join, log } = setting();
  const { say, talk, heard } = join();
  say("clipboardGrab", { selection: "clipboard", types: [1] });
  const fetched = clipboard.offers.get("clipboard")!.fetch("text");
  heard();
  const claim = words.message("clipboard", {
    selection: "clipboard",
    type: 1,
    data: new Uint8Array(2000),
  });
  new DataView(claim.buffer).setUint32(16, 33 << 20, true);
  talk.say.agentData({ data: claim });
  const filler = new Uint8Array(2048);
  for (let left = (33 << 20) + 20 - claim.length; left > 0; left -= 2048) {
    talk.say.agentData({ data: filler.subarray(0, Math.min(left, 2048)) });
  }
  assertEquals(await fetched, null);
  clipboard.has.set("clipboard text", Promise.reject(new Error("X is gone")));
  talk.take();
  say("clipboardRequest", { selection: "clipboard", type: 1 });
  await turn();
  assertEquals(heard().map(([name, { type }]) => [name, type]), [["clipboard", 0]]);
  assertEquals(log.of("clipboard-unread").length, 1);
});

Deno.test("acting agent drops offers to a client that gives no tokens, and ends one that asks on", () => {
  const { clipboard, join } = setting();
  const { say, heard } = join(gtkAgentCaps, 0);
  for (let i = 0; i < 100; i++) clipboard.own("clipboard", ["text"]);
  assertEquals(heard(), []);
  assertThrows(
    () => say("announceCapabilities", { request: 1, caps: [...gtkAgentCaps.words] }),
    ProtocolError,
    "no tokens",
  );
});
