/** What must not compile. Each `@ts-expect-error` is a test: `deno check` fails when the line is accepted. */
import { assertThrows } from "@std/assert";
import { bytes, list } from "../../../../core/binary/bytes.ts";
import { u16, u32, u8 } from "../../../../core/binary/cell.ts";
import { encode } from "../../../../core/binary/codec.ts";
import { ptr } from "../../../../core/binary/pointer.ts";
import { lengthOf, struct, when } from "../../../../core/binary/struct.ts";
import { type Answers, channel, type Sender } from "../../../../core/protocol/channel.ts";
import { Brush, type Drawing } from "../../../../core/protocol/drawing.ts";
import type { ImageOf } from "../../../../core/protocol/image.ts";
import type { Inputs } from "../../../../core/protocol/inputs.ts";

Deno.test("a count's field that is not there does not compile", () => {
  // @ts-expect-error: there is no sibling called texts
  struct("S", { size: lengthOf(u16, "texts"), text: bytes("size") });
});

Deno.test("bytes whose count is not there do not compile", () => {
  // @ts-expect-error: there is no sibling called length
  struct("S", { size: lengthOf(u16, "text"), text: bytes("length") });
});

Deno.test("a flag's field that is not there does not compile, nor behind a pointer", () => {
  // @ts-expect-error: there is no sibling called flag
  struct("S", { flags: u8, x: when("flag", 1, u8) });
  // @ts-expect-error: there is no sibling called n
  struct("S", { m: lengthOf(u8, "x"), x: ptr(list("n", u8)) });
});

Deno.test("a wrong sibling in a channel's message does not compile", () => {
  channel({
    name: "wrong",
    id: 99,
    client: {},
    // @ts-expect-error: there is no sibling called count
    server: { say: [101, { size: lengthOf(u32, "data"), data: bytes("count") }] },
  });
});

Deno.test("two messages with one number are refused", () => {
  assertThrows(
    () =>
      channel({ name: "twice", id: 99, client: {}, server: { a: [101, {}], b: [101, { n: u8 }] } }),
    TypeError,
    "101 twice",
  );
});

Deno.test("an arm without its field does not compile", () => {
  // @ts-expect-error: color is missing
  encode(Brush, { type: "solid" });
  // @ts-expect-error: a solid brush has no pattern
  encode(Brush, { type: "solid", color: 1, pat: null });
  // @ts-expect-error: there is no such brush
  assertThrows(() => encode(Brush, { type: "striped" }), TypeError);
  // @ts-expect-error: an image of a surface has no data
  const image: ImageOf<"surface">["data"] | null = null;
  void image;
});

Deno.test("a drawing of one kind does not take another's data", () => {
  const base = {
    surfaceId: 0,
    box: { top: 0, left: 0, bottom: 1, right: 1 },
    clip: { type: "none" },
  } as const;
  const mask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
  // @ts-expect-error: drawFill needs a brush and a rop descriptor
  const drawing: Drawing = { kind: "drawFill", base, data: { mask } };
  void drawing;
});

Deno.test("an answer that was forgotten does not compile", () => {
  const nothing = () => {};
  const base = {
    migrate: nothing,
    migrateData: nothing,
    setAck: nothing,
    ping: nothing,
    waitForChannels: nothing,
    disconnecting: nothing,
    notify: nothing,
    list: nothing,
  };
  const all: Answers<typeof Inputs.server.table> = {
    ...base,
    init: ({ keyboardModifiers }) => void keyboardModifiers,
    keyModifiers: nothing,
    mouseMotionAck: nothing,
  };
  // @ts-expect-error: mouseMotionAck is missing
  const some: Answers<typeof Inputs.server.table> = {
    ...base,
    init: nothing,
    keyModifiers: nothing,
  };
  const wrong: Answers<typeof Inputs.server.table> = {
    ...all,
    // @ts-expect-error: init has no such field
    init: ({ modifiers }) => void modifiers,
  };
  void [some, wrong];
});

Deno.test("a message that is sent needs its fields, and one without fields needs no argument", () => {
  const send = { keyDown: () => {}, mouseMotionAck: () => {} } as unknown as
    & Sender<typeof Inputs.client.table>
    & Sender<typeof Inputs.server.table>;
  send.mouseMotionAck();
  send.keyDown({ code: 1 });
  // @ts-expect-error: code is missing
  send.keyDown({});
  // @ts-expect-error: an argument is missing
  send.keyDown();
});
