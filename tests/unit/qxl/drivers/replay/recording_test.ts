import { assertEquals, assertThrows } from "@std/assert";
import { deflateSync, inflateSync } from "node:zlib";
import {
  readRecording,
  type RecordedAction,
  type RecordedEvent,
  RecordingError,
  RecordingReader,
} from "../../../../../qxl/drivers/replay/recording.ts";
import { ensure, Recorder, words } from "./recorder.ts";

const all = (recorder: Recorder) => [...readRecording(recorder.bytes, "test.rec")];
const only = (recorder: Recorder): RecordedAction => {
  const events = all(recorder);
  assertEquals(events.length, 1);
  return events[0].action;
};
function drawing(recorder: Recorder) {
  const action = only(recorder);
  ensure(action.kind === "draw");
  return action.drawing;
}
const noMask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const pixels = (n: number) => Uint8Array.from({ length: n }, (_, i) => i + 1);

Deno.test("recording: an event has its number, its time and whether it is a command", () => {
  const [first, second] = all(new Recorder().event(1, 16, 3659642071354).fill("0 0 1 1", 0, 77));
  assertEquals(first, {
    number: 0,
    timeNs: 3659642071354,
    command: false,
    action: { kind: "worker", message: 16 },
  });
  assertEquals([second.number, second.timeNs, second.command], [1, 77, true]);
});

Deno.test("recording: a fill keeps its colour without a sign, and its drawable's other fields", () => {
  const action = only(new Recorder().fill("1 2 3 4", -1));
  assertEquals(action, {
    kind: "draw",
    drawing: {
      kind: "drawFill",
      base: {
        surfaceId: 0,
        box: { top: 1, left: 2, bottom: 3, right: 4 },
        clip: { type: "none" },
      },
      data: { brush: { type: "solid", color: 0xffffffff }, ropDescriptor: 8, mask: noMask },
    },
    options: {
      effect: 1,
      mmTime: 0xfffffffe,
      selfBitmap: false,
      selfBitmapArea: { top: 0, left: 0, bottom: 0, right: 0 },
      surfacesDest: [-1, -1, -1],
      surfacesRects: [0, 1, 2].map(() => ({ top: 0, left: 0, bottom: 0, right: 0 })),
    },
  });
});

Deno.test("recording: clip rectangles come out of their binary", () => {
  const recorder = new Recorder();
  recorder.drawable(8, "0 0 9 9", 0, () => {
    recorder.lines("type 1", "num_rects 2");
    recorder.chunks("clip_rects", words(0, 1, 2, 3), words(-4, 5, 6, 7));
  }).noMask();
  assertEquals(drawing(recorder).base.clip, {
    type: "rects",
    rects: [{ top: 0, left: 1, bottom: 2, right: 3 }, { top: -4, left: 5, bottom: 6, right: 7 }],
  });
});

Deno.test("recording: a bitmap in chunks is one piece, with palette and a 64-bit id", () => {
  const recorder = new Recorder().drawable(3, "0 0 2 4").bitmap(4, 2, 5, 4);
  recorder.lines("has_palette 1", "qp.num_ents 2", "unique 7", "ents -1", "ents 255");
  recorder.chunks("bitmap.data", pixels(3), pixels(5));
  recorder.lines("rect src_area 0 0 2 4", "rop_descriptor 8", "scale_mode 1").noMask();
  const copy = drawing(recorder);
  ensure(copy.kind === "drawCopy");
  assertEquals(copy.data.scaleMode, "nearest");
  assertEquals(copy.data.srcBitmap, {
    id: 0xffffffffffffffffn,
    type: "bitmap",
    flags: 3,
    width: 4,
    height: 2,
    format: "bit8",
    bitmapFlags: 4,
    x: 4,
    y: 2,
    stride: 4,
    palette: { unique: 7n, entries: [0xffffffff, 255] },
    data: Uint8Array.of(1, 2, 3, 1, 2, 3, 4, 5),
  });
});

Deno.test("recording: pixels that lie flat in memory are read as such", () => {
  const recorder = new Recorder().drawable(13, "0 0 1 1").lines("alpha_flags 1", "alpha 127");
  recorder.bitmap(1, 1, 9, 4, 4 | 1).lines("has_palette 0");
  recorder.binary("image_data_flat", pixels(4)).lines("rect src_area 0 0 1 1");
  const blend = drawing(recorder);
  ensure(blend.kind === "drawAlphaBlend" && blend.data.srcBitmap?.type === "bitmap");
  assertEquals([blend.data.alphaFlags, blend.data.alpha], [1, 127]);
  assertEquals(blend.data.srcBitmap.bitmapFlags, 4);
  assertEquals(blend.data.srcBitmap.data, pixels(4));
});

Deno.test("recording: images may be surfaces, and guests' own quic", () => {
  const head = ["descriptor.flags 0", "descriptor.width 8", "descriptor.height 8"];
  const recorder = new Recorder().drawable(12, "0 0 1 1");
  recorder.lines("image 1", "descriptor.id 0", "descriptor.type 104", ...head);
  recorder.lines("surface_image.surface_id 5", "rect src_area 0 0 1 1");
  recorder.lines("src_color 1", "true_color -2");
  recorder.drawable(12, "0 0 1 1");
  recorder.lines("image 1", "descriptor.id 0", "descriptor.type 1", ...head, "quic.data_size 3");
  recorder.chunks("quic.data", pixels(3)).lines("rect src_area 0 0 1 1");
  recorder.lines("src_color 1", "true_color 2");
  const [first, second] = all(recorder).map(({ action }) => {
    ensure(action.kind === "draw" && action.drawing.kind === "drawTransparent");
    return action.drawing.data;
  });
  ensure(first.srcBitmap?.type === "surface" && second.srcBitmap?.type === "quic");
  assertEquals(first.srcBitmap.surfaceId, 5);
  assertEquals(first.trueColor, 0xfffffffe);
  assertEquals(second.srcBitmap.data, pixels(3));
});

Deno.test("recording: a stroke has its path in real numbers, and its dashes", () => {
  const recorder = new Recorder().drawable(10, "0 0 9 9");
  recorder.chunks("path", words(1, 1, 16, -8), words(2, 2, 0, 0, 32, 33));
  recorder.lines("attr.flags 8", "attr.style_nseg 2").binary("style", words(16, 24));
  recorder.lines("type 0", "fore_mode 8", "back_mode 1");
  const stroke = drawing(recorder);
  ensure(stroke.kind === "drawStroke");
  assertEquals(stroke.data.path.segments, [
    { flags: 1, points: [{ x: 1, y: -0.5 }] },
    { flags: 2, points: [{ x: 0, y: 0 }, { x: 2, y: 2.0625 }] },
  ]);
  assertEquals(stroke.data.attr, { flags: 8, style: [1, 1.5] });
});

Deno.test("recording: a text's glyphs are cut apart by their sizes", () => {
  const glyph = (x: number, width: number, height: number, data: Uint8Array) => {
    const head = new Uint8Array(20);
    const view = new DataView(head.buffer);
    view.setInt32(0, x, true);
    view.setInt32(12, -3, true);
    view.setUint16(16, width, true);
    view.setUint16(18, height, true);
    return [...head, ...data];
  };
  const bytes = Uint8Array.from([...glyph(5, 9, 2, pixels(4)), ...glyph(9, 1, 1, pixels(1))]);
  const recorder = new Recorder().drawable(11, "0 0 9 9");
  recorder.lines(`data_size ${bytes.length}`, "length 2", "flags 1").chunks("string", bytes);
  recorder.lines("rect back_area 0 0 0 0", "type 1", "u.color 5", "type 0");
  recorder.lines("fore_mode 8", "back_mode 0");
  const text = drawing(recorder);
  ensure(text.kind === "drawText");
  assertEquals(text.data.str.glyphs, [
    {
      renderPos: { x: 5, y: 0 },
      glyphOrigin: { x: 0, y: -3 },
      width: 9,
      height: 2,
      data: pixels(4),
    },
    {
      renderPos: { x: 9, y: 0 },
      glyphOrigin: { x: 0, y: -3 },
      width: 1,
      height: 1,
      data: pixels(1),
    },
  ]);
});

Deno.test("recording: a composite's flags say what it really has", () => {
  const recorder = new Recorder().drawable(14, "0 0 1 1").lines(`flags ${0x780000 | 3}`);
  recorder.bitmap(1, 1, 9, 4).lines("has_palette 0").chunks("bitmap.data", pixels(4));
  recorder.lines("src_transform 1").binary("transform", words(1, 2, 3, 4, 5, -6));
  recorder.lines("mask 0", "mask_transform 0", "src_origin 1 -2", "mask_origin 0 0");
  const composite = drawing(recorder);
  ensure(composite.kind === "drawComposite");
  const { flags, srcTransform, maskBitmap, srcOrigin } = composite.data;
  assertEquals(flags, 3 | 1 << 20 | 1 << 22);
  assertEquals(srcTransform, { t00: 1, t01: 2, t02: 3, t10: 4, t11: 5, t12: 0xfffffffa });
  assertEquals(maskBitmap, undefined);
  assertEquals(srcOrigin, { x: 1, y: -2 });
});

Deno.test("recording: a drawable of old drivers is known by its fields", () => {
  const recorder = new Recorder().event(0, 1).lines("drawable", "rect bbox 0 0 1 1", "type 0");
  recorder.lines(
    "effect 0",
    "mm_time 0",
    "bitmap_offset 64",
    "rect bitmap_area 0 0 4 4",
    "type 13",
  );
  recorder.lines("alpha 9").bitmap(1, 1, 8, 4).lines("has_palette 0");
  recorder.chunks("bitmap.data", pixels(4)).lines("rect src_area 0 0 1 1");
  const action = only(recorder);
  ensure(action.kind === "draw" && action.drawing.kind === "drawAlphaBlend");
  assertEquals([action.drawing.data.alpha, action.drawing.data.alphaFlags], [9, 0]);
  assertEquals(action.options.selfBitmap, true);
});

Deno.test("recording: surfaces, cursors, updates and messages", () => {
  const recorder = new Recorder().event(0, 5);
  recorder.lines("surface_cmd", "surface_id 4", "type 0", "flags 1", "u.surface_create.format 96");
  recorder.lines("u.surface_create.width 2", "u.surface_create.height 1");
  recorder.lines("u.surface_create.stride -8").binary("data", pixels(8));
  recorder.event(0, 5).lines("surface_cmd", "surface_id 4", "type 1", "flags 0");
  recorder.event(0, 3).lines("cursor_cmd", "type 0", "point16 3 -4", "u.set.visible 1");
  recorder.lines("header.unique 9", "header.type 1", "header.width 8", "header.height 1");
  recorder.lines("header.hot_spot_x 2", "header.hot_spot_y 0", "data_size 2");
  recorder.chunks("cursor", pixels(2));
  recorder.event(0, 3).lines("cursor_cmd", "type 1", "point16 7 8");
  recorder.event(0, 3).lines("cursor_cmd", "type 2");
  recorder.event(0, 3).lines("cursor_cmd", "type 3", "u.trail.length 2", "u.trail.frequency 5");
  recorder.event(0, 2).lines("update", "rect area 0 0 3 3", "update_id 1", "surface_id 4");
  recorder.event(0, 4).binary("message", pixels(3));
  assertEquals(all(recorder).map(({ action }) => action), [
    {
      kind: "surfaceCreate",
      id: 4,
      format: "argb32",
      width: 2,
      height: 1,
      stride: -8,
      pixels: pixels(8),
    },
    { kind: "surfaceDestroy", id: 4 },
    {
      kind: "cursor",
      command: {
        kind: "set",
        position: { x: 3, y: -4 },
        visible: true,
        shape: {
          flags: 0,
          header: { unique: 9n, type: "mono", width: 8, height: 1, hotSpotX: 2, hotSpotY: 0 },
          data: pixels(2),
        },
      },
    },
    { kind: "cursor", command: { kind: "move", position: { x: 7, y: 8 } } },
    { kind: "cursor", command: { kind: "hide" } },
    { kind: "cursor", command: { kind: "trail", length: 2, frequency: 5 } },
    { kind: "update", surfaceId: 4, area: { top: 0, left: 0, bottom: 3, right: 3 } },
    { kind: "message", text: pixels(3) },
  ]);
});

Deno.test("recording: primaries are known by their body, whichever message made them", () => {
  const recorder = new Recorder().primary(4, 2, -16);
  recorder.event(1, 21).event(1, 30).event(1, 19).event(1, 28).event(1, 22);
  recorder.event(1, 29).lines("1 1 4 96", "0 0 0 0").binary("data", new Uint8Array(0));
  const [first, ...rest] = all(recorder).map(({ action }) => action);
  ensure(first.kind === "primaryCreate");
  assertEquals([first.stride, first.format, first.flags, first.pixels.length], [
    -16,
    "xrgb32",
    1,
    32,
  ]);
  assertEquals(rest.map(({ kind }) => kind), [
    "primaryDestroy",
    "primaryDestroy",
    "surfacesDestroy",
    "surfacesDestroy",
    "cursor",
    "primaryCreate",
  ]);
});

Deno.test("recording: bodies packed with zlib are unpacked by whoever can", () => {
  const recorder = new Recorder().event(0, 4).packed(
    "message",
    pixels(200),
    deflateSync(pixels(200)),
  );
  const [event] = readRecording(
    recorder.bytes,
    "z.rec",
    (packed) => new Uint8Array(inflateSync(packed)),
  );
  assertEquals(event.action, { kind: "message", text: pixels(200) });
  assertThrows(() => all(recorder), RecordingError, "nothing here unpacks it");
});

/** One of everything that has a size of its own. */
function mixed(): Recorder {
  const recorder = new Recorder().event(1, 16).primary(8, 8, -32).fill("0 0 8 8", 0x123456);
  recorder.drawable(3, "0 0 2 4").bitmap(4, 2, 8, 16).lines("has_palette 0");
  recorder.chunks("bitmap.data", pixels(10), pixels(0), pixels(22));
  recorder.lines("rect src_area 0 0 2 4", "rop_descriptor 8", "scale_mode 1").noMask();
  return recorder.event(0, 4).binary("message", pixels(7)).event(1, 21);
}

const copied = (event: RecordedEvent) => structuredClone(event);

Deno.test("recording: pieces of any size give the same events as the whole", () => {
  const { bytes } = mixed();
  const whole = [...readRecording(bytes, "test.rec")].map(copied);
  assertEquals(whole.length, 6);
  for (const size of [1, 2, 7, 64, 301, bytes.length]) {
    const reader = new RecordingReader("test.rec"), events: RecordedEvent[] = [];
    let last = new Uint8Array(0);
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.slice(at, at + size);
      reader.push(piece);
      // a piece is the reader's only until the next
      last.fill(0x21);
      last = piece;
      for (let event = reader.next(); event; event = reader.next()) events.push(copied(event));
    }
    reader.end();
    for (let event = reader.next(); event; event = reader.next()) events.push(copied(event));
    assertEquals(events, whole, `pieces of ${size}`);
  }
});

Deno.test("recording: every cut is an error that says so, after the events before it", () => {
  const { bytes } = mixed();
  const whole = [...readRecording(bytes, "test.rec")].length;
  for (let length = 1; length < bytes.length; length++) {
    let events = 0;
    try {
      for (const _ of readRecording(bytes.subarray(0, length), "cut.rec")) events++;
      // a cut between two events cannot be seen
      ensure(events < whole);
    } catch (error) {
      ensure(error instanceof RecordingError, `${error}`);
      ensure(/^Cannot read cut\.rec, (its head|event \d+) \(byte \d+\): /.test(error.message));
    }
  }
});

Deno.test("recording: an error names the file, the event, what was seen and what was expected", () => {
  const recorder = new Recorder().event(1, 16).drawable(1, "0 0 1 1");
  recorder.lines("type 1", "u.color 0", "rop_descriptr 8");
  const error = assertThrows(() => all(recorder), RecordingError);
  ensure(error.message.startsWith("Cannot read test.rec, event 1 (byte "), error.message);
  ensure(error.message.endsWith(`"rop_descriptr 8" where "rop_descriptor " was expected`));
});

const bad: [string, Recorder, string][] = [
  [
    "another version",
    { bytes: new TextEncoder().encode("SPICE_REPLAY 2\n") } as Recorder,
    "only 1",
  ],
  ["no recording", { bytes: new TextEncoder().encode("#!/bin/sh\n") } as Recorder, "expected"],
  ["a draw type", new Recorder().drawable(15, "0 0 1 1"), "draw type 15"],
  ["a command type", new Recorder().event(0, 6), "command type 6"],
  [
    "a size without bounds",
    new Recorder().event(0, 4).lines("binary 0 message 99999999999:"),
    "99999999999",
  ],
  ["a negative size", new Recorder().event(0, 4).lines("binary 0 message -1:"), "-1 bytes"],
  [
    "chunks that are too many",
    new Recorder().drawable(10, "0 0 1 1").lines("data_chunks 0 99999999999"),
    "chunks of",
  ],
  [
    "chunks that say less",
    new Recorder().drawable(10, "0 0 1 1").lines("data_chunks 1 3").binary("path", pixels(2))
      .binary(
        "path",
        pixels(2),
      ),
    "more than the 3 bytes",
  ],
  [
    "a bitmap of the wrong size",
    new Recorder().drawable(13, "0 0 1 1").lines("alpha_flags 0", "alpha 1").bitmap(2, 2, 8, 8)
      .lines(
        "has_palette 0",
      ).chunks("bitmap.data", pixels(15)),
    "2 rows of 8 bytes has 15",
  ],
  [
    "a path whose points are not there",
    new Recorder().drawable(10, "0 0 1 1").chunks("path", words(1, 9, 0, 0)),
    "9 points",
  ],
  [
    "a primary of the wrong size",
    new Recorder().event(1, 20).lines("4 4 16 32", "0 1 0 0").binary("data", pixels(3)),
    "4 rows of 16 bytes has 3",
  ],
  [
    "a surface format",
    new Recorder().event(1, 20).lines("4 4 16 33", "0 1 0 0").binary("data", pixels(64)),
    "33",
  ],
];
for (const [what, recorder, reason] of bad) {
  Deno.test(`recording: ${what} is refused`, () => {
    const error = assertThrows(() => [...readRecording(recorder.bytes, "x.rec")], RecordingError);
    ensure(error.message.includes(reason), error.message);
  });
}

Deno.test("recording: what nobody needs of a long recording is not kept", () => {
  const reader = new RecordingReader("long.rec");
  reader.push(new Recorder().bytes);
  const one = new Recorder().fill("0 0 1 1", 1).bytes.subarray("SPICE_REPLAY 1\n".length);
  let events = 0;
  // pieces that never end where an event does
  const odd = new Uint8Array(one.length * 3);
  for (let i = 0; i < 3; i++) odd.set(one, i * one.length);
  reader.push(odd.subarray(0, 100));
  const rotated = new Uint8Array([...odd.subarray(100), ...odd.subarray(0, 100)]);
  for (let i = 0; i < 5000; i++) {
    reader.push(rotated);
    while (reader.next()) events++;
  }
  assertEquals(events, 15000);
  ensure(reader.held < 64 * 1024, `holds ${reader.held} bytes`);
});
