/** Our words against spice.proto: every message, field, enumeration and flag, in order and by size. */
import { assert, assertEquals, AssertionError } from "@std/assert";
import type { Codec } from "../../core/binary/codec.ts";
import type { Length } from "../../core/binary/struct.ts";
import * as base from "../../core/protocol/base.ts";
import { channelByName, channels } from "../../core/protocol/channels.ts";
import * as cursor from "../../core/protocol/cursor.ts";
import * as display from "../../core/protocol/display.ts";
import * as drawing from "../../core/protocol/drawing.ts";
import * as image from "../../core/protocol/image.ts";
import * as inputs from "../../core/protocol/inputs.ts";
import * as main from "../../core/protocol/main.ts";
import * as playback from "../../core/protocol/playback.ts";
import * as smartcard from "../../core/protocol/smartcard.ts";
import * as spicevmc from "../../core/protocol/spicevmc.ts";
import { camel, shout } from "../kit/spell.ts";

type Field = [name: string, type: string];
type Member = Field | ["?", ...Field[]];
interface Spec {
  channels: Record<
    string,
    { id: number } & Record<"server" | "client", Record<string, [number, Member[]]>>
  >;
  structs: Record<string, Member[]>;
  enums: Record<string, { flags: boolean; bytes: number; names: Record<string, number> }>;
}
const spec: Spec = JSON.parse(
  Deno.readTextFileSync(new URL("../data/spice_proto.json", import.meta.url)),
);

/** Where we say it otherwise than spice.proto, and why. */
const renamed: Record<string, string> = {
  visibilty: "visibility", // a slip of the pen in spice.proto
  ents: "entries",
};
/** Fields that are counts in front of our lists, or that carry no bytes. */
const folded = /^(num_.*|.*_count|count|nchannels|data_size|name_len|style_nseg|.*_fd|empty)$/;

type Described = Codec<unknown> | Length<string>;
interface Known {
  shape?: Record<string, Described>;
  head?: Record<string, Described>;
  arms?: Record<string, Record<string, Described>>;
}

/** The fields of a description in their order; those of a variant's arms in any. */
function fieldsOf(codec: Codec<unknown>): [string, Described][] | null {
  const { shape, head, arms } = codec as Known;
  if (shape) return Object.entries(shape);
  if (!head || !arms) return null;
  const seen = new Map(Object.entries(head));
  for (const arm of Object.values(arms)) {
    for (const [name, described] of Object.entries(arm)) {
      if (!seen.has(name)) seen.set(name, described);
    }
  }
  return [...seen];
}

function must<T>(value: T | null | undefined, otherwise: string): T {
  if (value === null || value === undefined) throw new AssertionError(otherwise);
  return value;
}

/** The cases of a switch one after another; our Brush has the fields of Pattern in its arm. */
const flat = (members: Member[]): Field[] =>
  members.flatMap((member) =>
    member[0] === "?" ? flat(member.slice(1) as Field[]) : [member as Field]
  ).flatMap(([name, type]) => type === "Pattern" ? flat(spec.structs[type]) : [[name, type]]);

function compare(path: string, codec: Codec<unknown>, members: Member[]): void {
  const ours = must(fieldsOf(codec), `${path} shows no fields`);
  const left = [...ours];
  if ((codec as Known).arms) {
    const order = flat(members).map(([name]) => renamed[name] ?? camel(name));
    left.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  }
  for (const [name, type] of flat(members)) {
    const wanted = renamed[name] ?? camel(name);
    const [next] = left;
    if (next && next[0] === wanted) {
      left.shift();
      field(`${path}.${wanted}`, next[1], type);
    } else {
      const wasBefore = ours.some(([seen]) => seen === wanted);
      assert(
        wasBefore || folded.test(name),
        `${path}: ${name} is missing, ${next?.[0]} stands there`,
      );
    }
  }
  assertEquals(left.map(([name]) => name), [], `${path} has what spice.proto has not`);
}

function field(path: string, described: Described, type: string): void {
  const codec = "hidden" in described ? described.cell : described;
  const [name, bytes] = type.split(":");
  if (/\*|\[/.test(type)) return;
  if (bytes !== undefined) assertEquals(codec.size ?? Number(bytes), Number(bytes), path);
  else if (fieldsOf(codec as Codec<unknown>)) {
    compare(path, codec as Codec<unknown>, spec.structs[name]);
  }
}

Deno.test("the channels are spice.proto's, by name and number", () => {
  assertEquals(
    Object.fromEntries(channels.map(({ name, id }) => [name, id])),
    Object.fromEntries(Object.entries(spec.channels).map(([name, { id }]) => [name, id])),
  );
});

for (const [name, channel] of Object.entries(spec.channels)) {
  // spice.proto gives the tunnel not even the base messages
  if (name === "tunnel") continue;
  for (const side of ["server", "client"] as const) {
    Deno.test(`${name}'s ${side} says what spice.proto lets it say, field by field`, () => {
      const ours = channelByName.get(name)![side];
      const theirs = Object.entries(channel[side]).filter(([message]) => message !== "base_last");
      assertEquals(
        Object.values(ours.byName).map((message) => [message.name, message.id])
          .sort(),
        theirs.map(([message, [id]]) => [camel(message), id]).sort(),
      );
      for (const [message, [, members]] of theirs) {
        const { codec } = ours.byName[camel(message)];
        const known = fieldsOf(codec);
        if (known?.length === 1 && known[0][0] === "data" && members.length <= 1) continue;
        compare(`${name}.${camel(message)}`, codec, members);
      }
    });
  }
}

Deno.test("the structs have spice.proto's fields", () => {
  const rooms = { ...base, ...main, ...drawing, ...image, ...display, ...cursor };
  const ours = new Map<string, Codec<unknown>>();
  for (const thing of Object.values(rooms) as (Codec<unknown> & { name?: string })[]) {
    if (typeof thing === "object" && typeof thing.name === "string") ours.set(thing.name, thing);
  }
  const arms = (image.Image as unknown as Known).arms!;
  // the arms of our Image are spice.proto's structs
  const inImage: Record<string, string> = {
    BitmapData: "bitmap",
    BinaryData: "quic",
    LZPLTData: "lzPlt",
    ZlibGlzRGBData: "zlibGlzRgb",
    JPEGAlphaData: "jpegAlpha",
    Surface: "surface",
  };
  // held by others: the count of a list, an arm of Brush, a twin of ChannelWait, nothing
  const within = ["ClipRects", "Pattern", "WaitForChannel", "EmptyStructure", "ImageDescriptor"];
  for (const [name, members] of Object.entries(spec.structs)) {
    if (within.includes(name) || name === "Image") continue;
    const arm = inImage[name];
    if (arm) {
      // flags of the body is called bitmapFlags and alphaFlags, since the head has a flags of its own
      const spelt = members.map((member) =>
        member[0] === "flags"
          ? [arm === "jpegAlpha" ? "alpha_flags" : "bitmap_flags", member[1]]
          : member
      ) as Member[];
      compare(name, { shape: arms[arm] } as unknown as Codec<unknown>, spelt);
    } else {
      const codec = must(
        ours.get(name === "ResourceID" ? "ResourceId" : name),
        `${name} is not described`,
      );
      compare(name, codec, members);
    }
  }
});

/** spice.proto's name of an enumeration → ours. */
const enumerations: Record<string, unknown> = {
  link_err: base.LinkError,
  migrate_flags: base.MigrateFlags,
  notify_severity: base.NotifySeverity,
  notify_visibility: base.NotifyVisibility,
  mouse_mode: main.MouseMode,
  clip_type: drawing.Clip.head.type,
  path_flags: drawing.PathFlags,
  brush_type: drawing.Brush.head.type,
  mask_flags: drawing.MaskFlags,
  image_scale_mode: drawing.ImageScaleMode,
  ropd: drawing.Ropd,
  line_flags: drawing.LineFlags,
  string_flags: drawing.StringFlags,
  alpha_flags: drawing.AlphaFlags,
  composite_flags: drawing.CompositeFlags,
  image_type: image.ImageType,
  image_flags: image.ImageFlags,
  bitmap_fmt: image.BitmapFormat,
  bitmap_flags: image.BitmapFlags,
  jpeg_alpha_flags: image.JpegAlphaFlags,
  video_codec_type: display.VideoCodecType,
  stream_flags: display.StreamFlags,
  image_compression: display.ImageCompression,
  surface_flags: display.SurfaceFlags,
  surface_fmt: display.SurfaceFormat,
  gl_scanout_flags: display.GlScanoutFlags,
  keyboard_modifier_flags: inputs.KeyboardModifiers,
  mouse_button: inputs.MouseButton,
  mouse_button_mask: inputs.MouseButtonMask,
  cursor_type: cursor.CursorType,
  cursor_flags: cursor.CursorFlags,
  audio_data_mode: playback.AudioDataMode,
  audio_fmt: playback.AudioFormat,
  data_compression_type: spicevmc.DataCompressionType,
  vsc_message_type: smartcard.vsc.message.shape.type,
};
/** spice.proto's name of a value → ours, where shouting it is not enough. */
const values: Record<string, string> = {
  "1BIT_LE": "bit1Le",
  "1BIT_BE": "bit1Be",
  "4BIT_LE": "bit4Le",
  "4BIT_BE": "bit4Be",
  "8BIT": "bit8",
  "16BIT": "bit16",
  "24BIT": "bit24",
  "32BIT": "bit32",
  "8BIT_A": "bit8A",
  "1_A": "a1",
  "8_A": "a8",
  "16_555": "rgb555",
  "16_565": "rgb565",
  "32_xRGB": "xrgb32",
  "32_ARGB": "argb32",
  CELT_0_5_1: "celt051",
  ATR: "atr",
  APDU: "apdu",
};
/** Bits of composite_flags that are numbers and not flags: op, filters, repeats. */
const notFlags = /^(OP\d|(SRC|MASK)_(FILTER|FITLER|REPEAT)\d)$/;

for (const [name, { flags, bytes, names }] of Object.entries(spec.enums)) {
  Deno.test(`${name} has spice.proto's values`, () => {
    const ours = must(
      enumerations[name] as Codec<unknown> & Record<string, unknown>,
      `${name} is not described`,
    );
    assertEquals(ours.size, bytes);
    const wanted = Object.entries(names).filter(([spelt]) => !notFlags.test(spelt));
    if (flags) {
      for (const [spelt, bit] of wanted) {
        const own = must(
          Object.keys(ours).find((key) => shout(key) === spelt),
          `${name} has no ${spelt}`,
        );
        assertEquals(ours[own], 2 ** bit, spelt);
      }
    } else {
      const own = Object.entries(ours.values as Record<string, number>);
      assertEquals(
        new Map(own),
        new Map(wanted.map(([spelt, value]) => {
          const simple = own.find(([key]) =>
            shout(key) === spelt || shout(key) === shout(lower(spelt))
          );
          return [values[spelt] ?? simple?.[0] ?? spelt, value];
        })),
      );
    }
  });
}

/** "ReaderAdd" → "readerAdd" */
const lower = (name: string) => name[0].toLowerCase() + name.slice(1);
