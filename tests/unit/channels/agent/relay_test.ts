import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "../../../kit/concat.ts";
import { decode, encode } from "../../../../core/binary/codec.ts";
import { ProtocolError } from "../../../../core/binary/error.ts";
import { bytesOfText, textOf } from "../../../../core/binary/text.ts";
import {
  AgentCap,
  AgentChunk,
  AgentHeader,
  AgentPort,
  FileXferResult,
} from "../../../../core/protocol/agent.ts";
import { Capabilities } from "../../../../core/protocol/capabilities.ts";
import { Main } from "../../../../core/protocol/main.ts";
import { openAgent } from "../../../../channels/agent/open_agent.ts";
import { MainService } from "../../../../channels/main.ts";
import { MmClock } from "../../../../channels/mm_clock.ts";
import { MouseMode } from "../../../../channels/mouse_mode.ts";
import { agentWords, piecesOf, type Said } from "../../../kit/agent_talk.ts";
import { FakeClock } from "../../../kit/fake_clock.ts";
import { FakeGuest } from "../../../kit/fake_guest.ts";
import { FakePort } from "../../../kit/fake_port.ts";
import { fakeClient, FakeLog, gtkMainCaps, Talk } from "../../../kit/linked.ts";

const words = agentWords({ selection: true, grabSerial: false });
const plain = agentWords({ selection: false, grabSerial: false });
type Name = Parameters<typeof words.message>[0];

const guestCaps = Capabilities.of(
  AgentCap.mouseState,
  AgentCap.monitorsConfig,
  AgentCap.reply,
  AgentCap.clipboardByDemand,
  AgentCap.clipboardSelection,
  AgentCap.clipboardGrabSerial,
);
const clientCaps = Capabilities.of(
  AgentCap.clipboardByDemand,
  AgentCap.clipboardSelection,
  AgentCap.clipboardGrabSerial,
);

function setting(
  options: {
    resizable?: boolean;
    absolute?: boolean;
    copyPaste?: boolean;
    fileTransfer?: boolean;
  } = {},
) {
  const guest = new FakeGuest(options);
  const clock = new FakeClock(), log = new FakeLog();
  const port = new FakePort("agent", "com.redhat.spice.0");
  const rights = { mouse: true, copyPaste: true, fileTransfer: true, ...options };
  const { agent, pointer } = openAgent(guest, port, rights, clock, log);
  const mouse = new MouseMode(pointer);
  const service = new MainService({
    guest,
    mouse,
    mmClock: new MmClock(clock),
    channels: () => [],
    agent,
  });
  let number = 1;
  const join = () => {
    const client = fakeClient({ clock, log, connectionId: number++ });
    const talk = new Talk(Main, service, client, { caps: gtkMainCaps });
    const connected = talk.take()[0].body.agentConnected;
    const say = (name: Name, body: unknown) => {
      for (const piece of piecesOf(words.message(name, body))) talk.say.agentData({ data: piece });
    };
    const heard = (): Said[] => {
      talk.exchange();
      const pieces = talk.take().filter(({ name }) => name === "agentData");
      return words.read(concat(pieces.map(({ body }) => body.data)));
    };
    const begin = (caps = clientCaps) => {
      talk.say.agentStart({ numTokens: 0xffffffff });
      say("announceCapabilities", { request: 1, caps: [...caps.words] });
    };
    return { client, talk, say, heard, connected, begin };
  };
  /** What the guest heard: chunks put together, by the port that they were for. */
  const guestHeard = (): Said[] => {
    const all = port.take();
    let client: Uint8Array = new Uint8Array(), server = client;
    for (let at = 0; at < all.length;) {
      const chunk = decode(AgentChunk, all.subarray(at), { rest: true });
      assert(chunk.data.length <= 2048);
      if (chunk.port === AgentPort.client) client = concat([client, chunk.data]);
      else {
        server = concat([server, chunk.data]);
        // the agent forgets half a message when a client is gone
        if (names(plain.read(chunk.data)).includes("clientDisconnected")) client = whole(client);
      }
      at += 8 + chunk.data.length;
    }
    return [...words.read(client), ...plain.read(server)];
  };
  const guestSays = (name: Name, body: unknown, pieceBytes = 2048) => {
    for (const data of piecesOf(words.message(name, body), pieceBytes)) {
      port.say(encode(AgentChunk, { port: AgentPort.client, data }));
    }
  };
  const appear = (caps = guestCaps) =>
    guestSays("announceCapabilities", { request: 1, caps: [...caps.words] });
  return { guest, clock, log, port, pointer, mouse, join, guestHeard, guestSays, appear };
}

/** Without the half of a message that it ends with. */
function whole(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at + AgentHeader.min <= bytes.length) {
    const { size } = decode(AgentHeader, bytes.subarray(at, at + AgentHeader.min));
    if (at + AgentHeader.min + size > bytes.length) break;
    at += AgentHeader.min + size;
  }
  return bytes.subarray(0, at);
}

const names = (said: Said[]) => said.map(([name]) => name);

Deno.test("relay tells the guest's agent at once that nobody is there, and asks what it can", () => {
  const { guestHeard } = setting();
  const said = guestHeard();
  assertEquals(names(said).toSorted(), ["announceCapabilities", "clientDisconnected"]);
  assertEquals(said.find(([name]) => name === "announceCapabilities")![1].request, 1);
});

Deno.test("relay's agent is there when it has said what it can, and gone when its port closes", () => {
  const { join, appear, port } = setting();
  const { talk, connected } = join();
  assertEquals(connected, 0);
  appear();
  talk.exchange();
  assertEquals(talk.names(), ["agentConnectedTokens"]);
  assertEquals(join().connected, 1);
  port.become(false);
  talk.exchange();
  assertEquals(talk.names(), ["agentDisconnected"]);
  port.become(true);
  appear();
  talk.exchange();
  assertEquals(talk.names(), ["agentConnectedTokens"]);
});

Deno.test("relay stands back for the appliance's own agent while the guest has none", () => {
  const { join, appear, guest, port } = setting({ resizable: true });
  const { talk, connected, say, heard } = join();
  assertEquals(connected, 1);
  talk.say.agentStart({ numTokens: 0xffffffff });
  const monitors = [{ width: 800, height: 600, depth: 32, x: 0, y: 0 }];
  say("monitorsConfig", { flags: 0, monitors });
  assertEquals(names(heard()), ["reply"]);
  appear();
  talk.exchange();
  assertEquals(talk.names(), ["agentDisconnected", "agentConnectedTokens"]);
  port.become(false);
  talk.exchange();
  assertEquals(talk.names(), ["agentDisconnected", "agentConnectedTokens"]);
  assertEquals(guest.displays[0].requests.at(-1)!.length, 1);
});

Deno.test("relay edits what the agent can: serials never, the clipboard and files as they are allowed", () => {
  const told = (options: Parameters<typeof setting>[0]) => {
    const { join, appear, guestSays } = setting(options);
    appear();
    const one = join();
    one.begin();
    guestSays("announceCapabilities", { request: 0, caps: [...guestCaps.words] });
    const [[, { caps }]] = one.heard();
    const can = new Capabilities([...caps]);
    return [
      AgentCap.clipboardGrabSerial,
      AgentCap.clipboardByDemand,
      AgentCap.fileXferDisabled,
      AgentCap.sparseMonitorsConfig,
    ].map((bit) => can.has(bit));
  };
  assertEquals(told({}), [false, true, false, false]);
  assertEquals(told({ copyPaste: false }), [false, false, false, false]);
  assertEquals(told({ fileTransfer: false }), [false, true, true, false]);
  assertEquals(told({ resizable: true }), [false, true, false, true]);
});

Deno.test("relay carries a selection both ways, in pieces, to who asked", () => {
  const { join, appear, guestSays, guestHeard } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  guestHeard();
  guestSays("clipboardGrab", { selection: "primary", types: [1] });
  assertEquals([names(one.heard()), names(two.heard())], [["clipboardGrab"], ["clipboardGrab"]]);
  two.say("clipboardRequest", { selection: "primary", type: 1 });
  one.say("clipboardRequest", { selection: "primary", type: 1 });
  assertEquals(names(guestHeard()), ["clipboardRequest", "clipboardRequest"]);
  const text = bytesOfText("x".repeat(10_000));
  guestSays("clipboard", { selection: "primary", type: 1, data: text }, 777);
  assertEquals(one.heard(), []);
  const [[name, { data }]] = two.heard();
  assertEquals([name, textOf(data)], ["clipboard", textOf(text)]);

  one.say("clipboardGrab", { selection: "clipboard", types: [1] });
  two.say("clipboardGrab", { selection: "clipboard", types: [1] });
  guestHeard();
  guestSays("clipboardRequest", { selection: "clipboard", type: 1 });
  assertEquals([one.heard(), names(two.heard())], [[], ["clipboardRequest"]]);
  one.say("clipboard", { selection: "clipboard", type: 1, data: bytesOfText("not asked") });
  two.say("clipboard", { selection: "clipboard", type: 1, data: text });
  const given = guestHeard();
  assertEquals([names(given), textOf(given[0][1].data)], [["clipboard"], textOf(text)]);
});

Deno.test("relay keeps an answer from others when who asked has left", () => {
  const { join, appear, guestSays } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  one.say("clipboardRequest", { selection: "clipboard", type: 1 });
  two.say("clipboardRequest", { selection: "clipboard", type: 1 });
  one.talk.conversation.closed();
  guestSays("clipboard", { selection: "clipboard", type: 1, data: bytesOfText("first") });
  assertEquals(two.heard(), []);
  guestSays("clipboard", { selection: "clipboard", type: 1, data: bytesOfText("second") });
  assertEquals(two.heard().map(([, { data }]) => textOf(data)), ["second"]);
});

Deno.test("relay counts no request that the guest does not get: half of one, or one of a wrong size", () => {
  const { join, appear, guestHeard, guestSays } = setting();
  appear();
  const half = join(), short = join(), well = join();
  for (const client of [half, short, well]) client.begin();
  guestHeard();
  const message = words.message("clipboardRequest", { selection: "clipboard", type: 1 });
  half.talk.say.agentData({ data: message.slice(0, 24) });
  half.talk.conversation.closed();
  const wrong = message.slice(0, -4);
  new DataView(wrong.buffer).setUint32(16, 4, true);
  for (const data of piecesOf(wrong)) short.talk.say.agentData({ data });
  short.talk.conversation.closed();
  assertEquals(names(guestHeard()).filter((name) => name === "clipboardRequest"), []);
  well.say("clipboardRequest", { selection: "clipboard", type: 1 });
  assertEquals(names(guestHeard()), ["clipboardRequest"]);
  guestSays("clipboard", { selection: "clipboard", type: 1, data: bytesOfText("its own") });
  assertEquals(well.heard().map(([, { data }]) => textOf(data)), ["its own"]);
});

Deno.test("relay takes nothing from those who stay for clients who ask, leave and come again", () => {
  const { join, appear, guestHeard, guestSays } = setting();
  appear();
  let passed = 0;
  for (let i = 0; i < 20; i++) {
    const client = join();
    client.begin();
    guestHeard();
    for (let n = 0; n < 10; n++) {
      client.say("clipboardRequest", { selection: "clipboard", type: 1 });
    }
    passed += names(guestHeard()).filter((name) => name === "clipboardRequest").length;
    client.talk.conversation.closed();
  }
  // eight of each, until so many are not answered: then one of each
  assertEquals(passed, 8 * 8 + 12);
  const stays = join();
  stays.begin();
  guestHeard();
  stays.say("clipboardRequest", { selection: "clipboard", type: 1 });
  stays.say("clipboardRequest", { selection: "clipboard", type: 1 });
  assertEquals(names(guestHeard()), ["clipboardRequest"]);
  stays.heard();
  for (let i = 0; i < passed; i++) {
    guestSays("clipboard", { selection: "clipboard", type: 1, data: bytesOfText("another's") });
  }
  assertEquals(stays.heard(), []);
  guestSays("clipboard", { selection: "clipboard", type: 1, data: bytesOfText("its own") });
  assertEquals(stays.heard().map(([, { data }]) => textOf(data)), ["its own"]);
});

Deno.test("relay drops what is not allowed, and what is the server's to say", () => {
  const { join, appear, guestHeard, guestSays } = setting({
    copyPaste: false,
    fileTransfer: false,
  });
  appear();
  const one = join();
  one.begin();
  guestHeard();
  one.say("clipboardGrab", { selection: "clipboard", types: [1] });
  one.say("fileXferStart", { id: 1, data: bytesOfText("[vdagent-file-xfer]") });
  one.say("fileXferData", { id: 1, data: new Uint8Array(5000) });
  one.say("mouseState", { x: 1, y: 1, buttons: 0, displayId: 0 });
  one.say("clientDisconnected", {});
  one.say("audioVolumeSync", { isPlayback: 1, mute: 0, volume: [1, 2] });
  assertEquals(names(guestHeard()), ["audioVolumeSync"]);
  guestSays("clipboardGrab", { selection: "clipboard", types: [1] });
  assertEquals(one.heard(), []);
});

Deno.test("relay gives files numbers of their own in the guest, and its word goes to whose file it is", () => {
  const { join, appear, guestHeard, guestSays } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  guestHeard();
  const start = bytesOfText("[vdagent-file-xfer]\nname=a\nsize=9000\n\0");
  one.say("fileXferStart", { id: 7, data: start });
  two.say("fileXferStart", { id: 7, data: start });
  two.say("fileXferData", { id: 7, data: new Uint8Array(9000).fill(3) });
  two.say("fileXferData", { id: 8, data: new Uint8Array(9) });
  const said = guestHeard();
  assertEquals(names(said), ["fileXferStart", "fileXferStart", "fileXferData"]);
  const [a, b, c] = said.map(([, { id }]) => id);
  assert(a !== b && b === c);
  assertEquals(said[2][1].data.length, 9000);
  guestSays("fileXferStatus", { id: b, result: 3, data: new Uint8Array(0) });
  assertEquals(one.heard(), []);
  assertEquals(two.heard().map(([name, { id }]) => [name, id]), [["fileXferStatus", 7]]);
  guestSays("fileXferStatus", { id: b, result: 3, data: new Uint8Array(0) });
  assertEquals(two.heard(), [], "that file is done");
  one.talk.conversation.closed();
  assertEquals(guestHeard().map(([, { id, result }]) => [id, result]), [[a, 1]]);
});

Deno.test("relay refuses files beyond what one client may send at once, says so, and another's go on", () => {
  const { join, appear, guestHeard } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  guestHeard();
  const data = bytesOfText("[vdagent-file-xfer]\nname=a\nsize=9\n\0");
  for (let id = 1; id <= 513; id++) one.say("fileXferStart", { id, data });
  assertEquals(guestHeard().length, 512);
  const heard = one.heard().map(([name, { id, result }]) => [name, id, result]);
  assertEquals(heard, [["fileXferStatus", 513, FileXferResult.error]]);
  two.say("fileXferStart", { id: 1, data });
  assertEquals([names(guestHeard()), two.heard()], [["fileXferStart"], []]);
});

Deno.test("relay begins anew with whose files the guest forgot as another left within a message", () => {
  const { join, appear, guestHeard } = setting();
  appear();
  const one = join(), two = join(), three = join();
  for (const each of [one, two, three]) each.begin();
  two.say("fileXferStart", { id: 7, data: bytesOfText("[vdagent-file-xfer]\nname=a\n\0") });
  three.say("clipboardGrab", { selection: "clipboard", types: [1] });
  guestHeard();
  for (const each of [two, three]) each.talk.take();
  one.talk.say.agentData({ data: words.message("reply", { type: 2, error: 1 }).subarray(0, 25) });
  one.talk.exchange();
  one.talk.conversation.closed();
  assert(names(guestHeard()).includes("clientDisconnected"));
  for (const each of [two, three]) {
    each.talk.exchange();
    assertEquals(each.talk.names(), ["agentDisconnected", "agentConnectedTokens"]);
    each.begin();
  }
  assertEquals(names(guestHeard()), ["announceCapabilities", "announceCapabilities"]);
});

Deno.test("relay gives the line to who waits when a client says its message byte by byte", () => {
  const { join, appear, guestHeard, clock } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  guestHeard();
  const volume = Array.from({ length: 30_000 }, () => 1);
  const long = words.message("audioVolumeSync", { isPlayback: 1, mute: 0, volume });
  const sync = { isPlayback: 0, mute: 1, volume: [5] };
  const speak = (bytes: number) => {
    let at = 0;
    one.talk.say.agentData({ data: long.subarray(0, at += 100) });
    two.say("audioVolumeSync", sync);
    for (let second = 0; second < 60; second++) {
      clock.advance(1000);
      for (const end = at + bytes; at < end; at += 2000) {
        one.talk.say.agentData({ data: long.subarray(at, Math.min(at + 2000, end)) });
      }
      two.talk.exchange();
    }
    return names(guestHeard());
  };
  assertEquals(speak(1).includes("clientDisconnected"), true);
  assertEquals(one.talk.names().includes("agentDisconnected"), true);
});

/** The first bytes of an agent message that claims to have so many. */
function beginning(type: number, size: number, data = new Uint8Array(8)): Uint8Array<ArrayBuffer> {
  return concat([encode(AgentHeader, { protocol: 1, type, opaque: 0n, size }), data]);
}

Deno.test("relay refuses a message of a client's that is longer than its type may be, before the guest has any of it", () => {
  const CLIPBOARD = 4, FILE_DATA = 12, UNKNOWN = 0x7777;
  for (
    const [type, size, most] of [
      [UNKNOWN, 0xffffffff, 1 << 16],
      [CLIPBOARD, (100 << 20) + 9, (100 << 20) + 8],
      [FILE_DATA, (1 << 20) + 1, 1 << 20],
    ]
  ) {
    const { join, appear, guestHeard } = setting();
    appear();
    const one = join(), two = join();
    one.begin(), two.begin();
    guestHeard();
    assertThrows(
      () => one.talk.say.agentData({ data: beginning(type, size) }),
      ProtocolError,
      `type ${type} with ${size} bytes, ${most} is the most`,
    );
    two.say("audioVolumeSync", { isPlayback: 0, mute: 1, volume: [5] });
    one.talk.conversation.closed();
    assertEquals(names(guestHeard()), ["audioVolumeSync"]);
  }
});

Deno.test("relay gives the line to who waits when a client says a long message slowly", () => {
  const { join, appear, port, guestHeard, clock } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  one.say("clipboardGrab", { selection: "clipboard", types: [1] });
  guestHeard();
  one.talk.say.agentData({ data: beginning(4, 90 << 20) });
  two.say("audioVolumeSync", { isPlayback: 0, mute: 1, volume: [5] });
  const data = new Uint8Array(2000);
  for (let second = 0; second < 420; second++) {
    // a hundred thousand bytes a second
    for (let i = 0; i < 50; i++) one.talk.say.agentData({ data });
    clock.advance(1000);
    port.take();
    one.talk.exchange();
    if (one.talk.names().includes("agentDisconnected")) break;
  }
  two.say("audioVolumeSync", { isPlayback: 0, mute: 1, volume: [6] });
  assertEquals(guestHeard().map(([, { volume }]) => volume), [[6]]);
});

Deno.test("relay passes over what the guest says too long, and who waits for it hears that there is nothing", () => {
  const { join, appear, port, guestSays, log } = setting();
  appear();
  const one = join();
  one.begin();
  one.say("clipboardRequest", { selection: "primary", type: 1 });
  const chunk = (data: Uint8Array) => port.say(encode(AgentChunk, { port: 1, data }));
  const size = (100 << 20) + 9;
  chunk(beginning(4, size, Uint8Array.of(1, 0, 0, 0)));
  const rest = encode(AgentChunk, { port: 1, data: new Uint8Array(1 << 16) });
  let left = size - 4;
  for (; left > 1 << 16; left -= 1 << 16) port.say(rest);
  chunk(new Uint8Array(left));
  assertEquals(one.heard(), [["clipboard", {
    selection: "primary",
    type: 0,
    data: new Uint8Array(0),
  }]]);
  assertEquals(log.of("agent-erred").length, 1);
  guestSays("clipboardGrab", { selection: "clipboard", types: [1] });
  assertEquals(names(one.heard()), ["clipboardGrab"]);
});

Deno.test("relay lets a client end its message before another begins, and cuts one that pauses", () => {
  const { join, appear, guestHeard, clock } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  guestHeard();
  const long = words.message("audioVolumeSync", {
    isPlayback: 1,
    mute: 0,
    volume: Array.from({ length: 100 }, () => 1),
  });
  const sync = { isPlayback: 0, mute: 1, volume: [5] };
  one.talk.say.agentData({ data: long.subarray(0, 100) });
  two.say("audioVolumeSync", sync);
  one.talk.say.agentData({ data: long.subarray(100) });
  assertEquals(guestHeard().map(([, { isPlayback }]) => isPlayback), [1, 0]);

  one.talk.say.agentData({ data: long.subarray(0, 100) });
  two.say("audioVolumeSync", sync);
  clock.advance(5000);
  two.talk.exchange();
  const heard = ["announceCapabilities", "audioVolumeSync", "clientDisconnected"];
  assertEquals(names(guestHeard()), heard);
  one.talk.say.agentData({ data: long.subarray(100) });
  two.say("audioVolumeSync", sync);
  assertEquals(names(guestHeard()), ["audioVolumeSync"]);
});

Deno.test("relay has the guest forget half a message whose client begins anew", () => {
  const { join, appear, guestHeard } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  guestHeard();
  const long = words.message("audioVolumeSync", {
    isPlayback: 1,
    mute: 0,
    volume: Array.from({ length: 100 }, () => 1),
  });
  one.talk.say.agentData({ data: long.subarray(0, 100) });
  one.begin();
  const heard = names(guestHeard());
  assert(heard.includes("clientDisconnected"), `${heard}`);
  two.say("audioVolumeSync", { isPlayback: 0, mute: 1, volume: [5] });
  assertEquals(names(guestHeard()), ["audioVolumeSync"]);
});

Deno.test("relay owes tokens until the guest has taken what they were for", () => {
  const { join, appear, port } = setting();
  appear();
  const one = join();
  one.begin();
  one.heard();
  port.waitingBytes = 1 << 20;
  const tokens = () => {
    one.talk.exchange();
    return one.talk.take().filter(({ name }) => name === "agentToken").length;
  };
  const say = () => one.say("audioVolumeSync", { isPlayback: 1, mute: 0, volume: [] });
  for (let i = 0; i < 9; i++) say();
  assertEquals(tokens(), 0);
  assertThrows(() => say(), ProtocolError, "without a token");
  port.waitingBytes = 0;
  port.user!.drained();
  assertEquals(tokens(), 2);
});

Deno.test("relay holds the guest for a client that lags, but not for ever", () => {
  const { join, appear, guestSays, port, clock } = setting();
  appear();
  const one = join();
  one.begin();
  one.talk.reading = false;
  one.say("clipboardRequest", { selection: "clipboard", type: 1 });
  guestSays("clipboard", { selection: "clipboard", type: 1, data: new Uint8Array(3 << 20) });
  assertEquals(port.flowing, false);
  clock.advance(10_000);
  assertEquals(port.flowing, true);
  one.talk.reading = true;
  one.talk.exchange();
  const names = one.talk.names();
  assertEquals(names.slice(-2), ["agentDisconnected", "agentConnectedTokens"]);
});

Deno.test("relay tells the guest when the last client has left", () => {
  const { join, appear, guestHeard } = setting();
  appear();
  const one = join(), two = join();
  one.begin(), two.begin();
  one.say("clipboardGrab", { selection: "secondary", types: [1] });
  guestHeard();
  one.talk.conversation.closed();
  assertEquals(guestHeard().map(([name, body]) => [name, body.selection]), [
    ["clipboardRelease", "secondary"],
  ]);
  two.talk.conversation.closed();
  assertEquals(names(guestHeard()), ["clientDisconnected"]);
});

Deno.test("relay's agent places the pointer of a guest that has only a mouse", () => {
  const { join, appear, guestHeard, pointer, mouse, port, guest } = setting({ absolute: false });
  assertEquals(mouse.supported, 1);
  const { talk } = join();
  appear();
  assertEquals(mouse.supported, 3);
  talk.exchange();
  guestHeard();
  pointer.position(10, 20, 1, 2);
  pointer.press("up", 1);
  pointer.release("up", 1);
  assertEquals(guestHeard(), [
    ["mouseState", { x: 10, y: 20, buttons: 2, displayId: 2 }],
    ["mouseState", { x: 10, y: 20, buttons: 2 | 16, displayId: 2 }],
    ["mouseState", { x: 10, y: 20, buttons: 2, displayId: 2 }],
  ]);
  pointer.motion(1, 1, 0);
  assertEquals(guest.pointer.events, [["motion", 1, 1, 0]]);
  port.become(false);
  assertEquals(mouse.supported, 1);
});

Deno.test("relay finds messages in bytes that come one by one, and refuses chunks that are none", () => {
  const { join, appear, port } = setting();
  const bytes = encode(AgentChunk, {
    port: AgentPort.client,
    data: words.message("announceCapabilities", { request: 1, caps: [...guestCaps.words] }),
  });
  for (const byte of bytes) port.say(Uint8Array.of(byte));
  assertEquals(join().connected, 1);
  assertThrows(
    () => port.say(encode(AgentChunk, { port: 3, data: new Uint8Array(0) })),
    ProtocolError,
    "for port 3",
  );
  port.become(false), port.become(true);
  assertThrows(() => port.say(Uint8Array.of(1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)), ProtocolError);
  port.become(false), port.become(true);
  appear();
  assertEquals(join().connected, 1);
});

Deno.test("an agent that tells screens apart by their devices is told which display each is", () => {
  const { guest, port, guestHeard, guestSays } = setting();
  Object.assign(guest.displays[0], { origin: { deviceAddress: "pci/0000/02.0", output: 1 } });
  guestHeard();
  const announce = (...caps: number[]) =>
    guestSays("announceCapabilities", { request: 0, caps: [...Capabilities.of(...caps).words] });
  announce(AgentCap.mouseState);
  assertEquals(guestHeard(), []);
  announce(AgentCap.mouseState, AgentCap.graphicsDeviceInfo);
  assertEquals(guestHeard(), [["graphicsDeviceInfo", {
    displayInfo: [{
      channelId: 0,
      monitorId: 0,
      deviceDisplayId: 1,
      deviceAddress: bytesOfText("pci/0000/02.0"),
    }],
  }]]);
  // while the machine says that nobody has the port open, what comes is of one that is gone
  port.become(false);
  announce(AgentCap.mouseState, AgentCap.graphicsDeviceInfo);
  assertEquals(guestHeard(), []);
});

Deno.test("relay has the agent arrange the monitors that a display refuses afterwards", () => {
  const { guest, clock, join, appear, guestHeard } = setting({ resizable: true });
  appear();
  const { begin, say, heard } = join();
  begin();
  heard();
  guestHeard();
  const asked = (width: number) =>
    say("monitorsConfig", { flags: 0, monitors: [{ width, height: 600, depth: 32, x: 0, y: 0 }] });
  asked(800);
  clock.advance(2000);
  assertEquals([names(heard()), guestHeard()], [["reply"], []]);
  asked(1000);
  guest.displays[0].requestMonitors = () => false;
  clock.advance(2000);
  const told = guestHeard();
  assertEquals([names(heard()), names(told)], [["reply"], ["monitorsConfig"]]);
  assertEquals(told[0][1].monitors[0].width, 1000);
  clock.advance(5000);
  assertEquals(guestHeard(), []);
});
