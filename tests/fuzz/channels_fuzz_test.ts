/** Clients that say anything: words of the channel at random times, and bytes that are nearly words. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { encode, noFields } from "../../core/binary/codec.ts";
import { Writer } from "../../core/binary/cursor.ts";
import { ProtocolError, WireError } from "../../core/binary/error.ts";
import { type Random, seeded } from "../../core/binary/random.ts";
import type { CursorCommand } from "../../core/guest.ts";
import { AgentMessage, agentMessages } from "../../core/protocol/agent.ts";
import type { Channel, Message } from "../../core/protocol/channel.ts";
import { CursorChannel } from "../../core/protocol/cursor.ts";
import { Display } from "../../core/protocol/display.ts";
import { Inputs } from "../../core/protocol/inputs.ts";
import { Main } from "../../core/protocol/main.ts";
import { RecordChannel } from "../../core/protocol/record.ts";
import { createSurface } from "../../core/raster/surface.ts";
import type { Client } from "../../channels/client.ts";
import { CursorService } from "../../channels/cursor.ts";
import { DisplayHub } from "../../channels/display/hub.ts";
import { InputsService } from "../../channels/inputs.ts";
import { MainService } from "../../channels/main.ts";
import { MmClock } from "../../channels/mm_clock.ts";
import { RecordService } from "../../channels/record.ts";
import { MouseMode } from "../../channels/mouse_mode.ts";
import type { Service } from "../../channels/service.ts";
import { effort } from "../kit/effort.ts";
import { FakeClock } from "../kit/fake_clock.ts";
import { FakeGuest } from "../kit/fake_guest.ts";
import { fakeClient, gtkMainCaps, Talk } from "../kit/linked.ts";
import { PaintedDisplay } from "../kit/painted_display.ts";
import { randomDrawing } from "../kit/random_drawing.ts";

const PER_CONVERSATION = 256;
const ENDS = /migrate|disconnecting|^init$|glDrawDone/;

/** What the display channel is told first. */
const init = {
  pixmapCacheId: 1,
  pixmapCacheSize: 1n << 20n,
  glzDictionaryId: 1,
  glzDictionaryWindowSize: 1 << 20,
};

/** A guest that looks at what it is told and keeps nothing. */
class WatchedGuest extends FakeGuest {
  constructor() {
    super({ displays: 2, resizable: true });
    for (const display of this.displays) {
      display.requestMonitors = (heads) => {
        for (const { x, y, width, height } of heads) {
          const most = Math.max(Math.abs(x), Math.abs(y), width, height);
          assert(most <= 1 << 14, `monitor ${x} ${y} ${width} ${height}`);
        }
        return true;
      };
      display.surfaces.set(0, createSurface("xrgb32", 800, 600));
    }
    this.keyboard.scancode = (bytes) => {
      const [first, second, third] = bytes;
      const sane = bytes.length === 1 && (first & 0x7f) !== 0 && first !== 0xe0 && first !== 0xe1 ||
        bytes.length === 2 && first === 0xe0 && (second & 0x7f) !== 0 ||
        bytes.length === 3 && first === 0xe1 && (second & 0x7f) === 0x1d && (third & 0x7f) === 0x45;
      assert(sane, `scancode ${bytes}`);
    };
    const { pointer } = this;
    const mask = (buttons: number) => assert(buttons >= 0 && buttons <= 0x7f, `buttons ${buttons}`);
    pointer.motion = (dx, dy, buttons) => {
      assert(Math.abs(dx) <= 0x7fff && Math.abs(dy) <= 0x7fff, `motion ${dx} ${dy}`);
      mask(buttons);
    };
    pointer.position = (x, y, buttons, displayId) => {
      assert(x >= 0 && x < 800 && y >= 0 && y < 600, `position ${x} ${y}`);
      assert(displayId === 0 || displayId === 1, `display ${displayId}`);
      mask(buttons);
    };
    pointer.press = pointer.release = (button, buttons) => {
      assert(button !== "invalid");
      mask(buttons);
    };
  }
}

/** One message with its mini header, whole or damaged. */
function message(random: Random, words: Message[], w: Writer): Uint8Array {
  let word = words[random.below(words.length)];
  // said too often, words that end a conversation would leave little of it to try
  while (ENDS.test(word.name) && random.below(32) > 0) {
    word = words[random.below(words.length)];
  }
  const { id, codec } = word;
  w.rewind(0);
  w.take(6);
  w.begin();
  if (word.name === "agentData" && random.below(8) > 0) agentMessage(random, w);
  else codec.write(w, codec.sample(random, noFields), noFields);
  w.finish();
  w.view.setUint16(0, id, true);
  w.view.setUint32(2, w.at - 6, true);
  if (random.below(24) > 0) return w.written();
  switch (random.below(4)) {
    case 0: // a byte is another
      w.bytes[random.below(w.at)] ^= 1 << random.below(8);
      return w.written();
    case 1: { // the body ends early, and its size says so
      const size = random.below(w.at - 5);
      w.view.setUint32(2, size, true);
      return w.bytes.subarray(0, 6 + size);
    }
    case 2: // another message's number
      w.view.setUint16(0, random.below(130), true);
      return w.written();
    default: // a list of what may be messages
      w.view.setUint16(0, 8, true);
      return w.written();
  }
}

/** A message to the agent: of its words, monitors more often than others. */
function agentMessage(random: Random, w: Writer): void {
  const { byName } = agentMessages({ selection: false, grabSerial: false });
  const all = Object.values(byName);
  const { id, codec } = random.below(2) ? byName.monitorsConfig : all[random.below(all.length)];
  const data = encode(codec, codec.sample(random, noFields));
  AgentMessage.write(w, { protocol: 1, type: id, opaque: 0n, data }, noFields);
}

/** Talks at a service until `count` messages were said; what a conversation throws ends only that. */
function fuzz<C extends Channel>(
  channel: C,
  service: Service,
  count: number,
  seed: number,
  between: (random: Random) => void = () => {},
  clock = new FakeClock(),
): { ended: number; lived: number } {
  const random = seeded(seed);
  const words = Object.values(channel.client.byName);
  const talk = (client: Client) =>
    new Talk(channel, service, client, { keep: false, caps: gtkMainCaps });
  const bystander = talk(fakeClient({ clock }));
  const w = new Writer(1 << 12);
  let ended = 0, lived = 0;
  for (let said = 0; said < count;) {
    const client = fakeClient({ clock });
    const victim = talk(client);
    try {
      if ("init" in victim.say) victim.say.init(init);
      for (let i = 0; i < PER_CONVERSATION && !victim.conversation.outbox.closed; i++, said++) {
        victim.conversation.receive(message(random, words, w));
        between(random);
        if (i % 16 === 0) victim.exchange(), bystander.exchange();
      }
      lived++;
    } catch (error) {
      said++;
      ended++;
      if (!(error instanceof WireError)) assertInstanceOf(error, ProtocolError, `seed ${seed}`);
    }
    assert(victim.conversation.outbox.waitingBytes < 1 << 20);
    victim.conversation.outbox.close();
    victim.conversation.closed();
    client.disconnect("ok");
    if (said % 1000 < PER_CONVERSATION) clock.advance(3000);
  }
  // whoever stood by is served as before
  bystander.exchange();
  const before = bystander.peer.received.messages;
  bystander.say.ackSync({ generation: 1 });
  assert(!bystander.conversation.outbox.closed);
  assert(bystander.peer.received.messages >= before);
  bystander.conversation.outbox.close();
  bystander.conversation.closed();
  clock.advance(10_000);
  assertEquals(clock.planned, 0, "nobody left anything behind");
  assert(ended > 0 && lived > 0, `${ended} ended, ${lived} lived`);
  return { ended, lived };
}

Deno.test("main takes anything from a client, and only that client is hurt", () => {
  const guest = new WatchedGuest();
  const mouse = new MouseMode(guest.pointer);
  const mmClock = new MmClock(new FakeClock());
  const service = new MainService({ guest, mouse, mmClock, channels: () => [{ type: 2, id: 0 }] });
  fuzz(Main, service, effort.messages, 11, (random) => {
    if (random.below(200) === 0) guest.pointer.become(random.below(2) === 0);
  });
});

Deno.test("display takes anything from a client, while the guest draws", () => {
  const display = new PaintedDisplay();
  const clock = new FakeClock();
  const hub = new DisplayHub(display, clock);
  const stage = { width: 24, height: 16, surfaceIds: [0], cachedImages: 30, paletteIds: 200 };
  display.create(0, "xrgb32", stage.width, stage.height);
  fuzz(Display, hub, effort.messages, 14, (random) => {
    if (random.below(200) === 0) display.draw(randomDrawing(random, stage));
    if (random.below(50) === 0) clock.advance(20);
  }, clock);
  assertEquals([hub.viewers, hub.borrowedBytes], [0, 0]);
});

Deno.test("inputs takes anything from a client, and the guest gets keys and positions that are possible", () => {
  const guest = new WatchedGuest();
  const mouse = new MouseMode(guest.pointer);
  const service = new InputsService(guest, mouse, new FakeClock());
  fuzz(Inputs, service, effort.messages, 12, (random) => {
    if (random.below(50) === 0) mouse.request(random.below(2) ? "client" : "server");
    if (random.below(50) === 0) guest.keyboard.light(random.below(8));
  });
});

Deno.test("cursor takes anything from a client, while the guest does what it likes", () => {
  const guest = new WatchedGuest();
  const mouse = new MouseMode(guest.pointer);
  const [display] = guest.displays;
  const listeners = new Set<(command: CursorCommand) => void>();
  const service = new CursorService(display, (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, mouse);
  const kinds = ["set", "move", "hide", "trail", "reset"] as const;
  const random = seeded(5);
  const act = () => {
    const kind = kinds[random.below(kinds.length)];
    const position = { x: random.below(800), y: random.below(600) };
    const unique = BigInt(random.below(400));
    const header = {
      unique,
      type: "alpha",
      width: 2,
      height: 2,
      hotSpotX: 0,
      hotSpotY: 0,
    } as const;
    const shape = { flags: 0, header, data: new Uint8Array(16) };
    const command: CursorCommand = kind === "set"
      ? { kind, position, visible: random.below(4) > 0, shape }
      : kind === "move"
      ? { kind, position }
      : kind === "trail"
      ? { kind, length: 1, frequency: 2 }
      : { kind };
    display.cursor = {
      ...display.cursor,
      visible: kind === "move" || kind !== "hide" && display.cursor.visible,
      ...kind === "set" ? { shape, position } : {},
    };
    for (const listener of listeners) listener(command);
  };
  fuzz(CursorChannel, service, effort.messages, 13, () => random.below(10) === 0 && act());
  assertEquals(listeners.size, 0);
});

Deno.test("record takes anything from a client, and the guest hears whole frames or nothing", () => {
  let wanted = true, frames = 0;
  const listeners: ((wanted: boolean) => void)[] = [];
  const service = new RecordService({
    get wanted() {
      return wanted;
    },
    onWanted: (listener) => void listeners.push(listener),
    spoken(samples) {
      assertEquals(samples.length % 2, 0);
      frames += samples.length / 2;
    },
  });
  fuzz(RecordChannel, service, effort.messages / 10, 15, (random) => {
    if (random.below(50) > 0) return;
    wanted = !wanted;
    for (const listener of listeners) listener(wanted);
  });
  assert(frames > 0);
});
