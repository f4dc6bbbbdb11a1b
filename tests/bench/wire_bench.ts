/** What reading and writing one message costs: the hot ones of the display channel, and small ones. */
import { encode } from "../../core/binary/codec.ts";
import { noCounts, noFields } from "../../core/binary/codec.ts";
import { Reader, Writer } from "../../core/binary/cursor.ts";
import type { Message } from "../../core/protocol/channel.ts";
import { Display } from "../../core/protocol/display.ts";
import { Inputs } from "../../core/protocol/inputs.ts";

const base = {
  surfaceId: 0,
  box: { top: 1, left: 2, bottom: 17, right: 34 },
  clip: { type: "none" as const },
};
const clipped = {
  ...base,
  clip: {
    type: "rects" as const,
    rects: Array.from({ length: 4 }, (_, i) => ({ top: i, left: 0, bottom: i + 1, right: 32 })),
  },
};
const mask = { flags: 0, pos: { x: 0, y: 0 }, bitmap: null };
const descriptor = { id: 0x1234567890n, flags: 1, width: 32, height: 16 };
const bitmap = {
  ...descriptor,
  type: "bitmap" as const,
  format: "bit32" as const,
  bitmapFlags: 4,
  x: 32,
  y: 16,
  stride: 128,
  palette: null,
  data: new Uint8Array(2048).fill(7),
};
const copy = (srcBitmap: unknown, where: unknown = base) => ({
  base: where,
  data: {
    srcBitmap,
    srcArea: { top: 0, left: 0, bottom: 16, right: 32 },
    ropDescriptor: 8,
    scaleMode: "interpolate" as const,
    mask,
  },
});

const messages: [string, Message, unknown][] = [
  ["drawFill", Display.server.byName.drawFill, {
    base,
    data: { brush: { type: "solid", color: 0x336699 }, ropDescriptor: 8, mask },
  }],
  ["drawCopy, 2 KiB bitmap", Display.server.byName.drawCopy, copy(bitmap)],
  [
    "drawCopy, cached image",
    Display.server.byName.drawCopy,
    copy({
      ...descriptor,
      type: "fromCache" as const,
    }),
  ],
  [
    "drawCopy, cached image, 4 clip rects",
    Display.server.byName.drawCopy,
    copy({
      ...descriptor,
      type: "fromCache" as const,
    }, clipped),
  ],
  ["copyBits", Display.server.byName.copyBits, { base, srcPos: { x: 1, y: 2 } }],
  ["mousePosition", Inputs.client.byName.mousePosition, {
    x: 100,
    y: 200,
    buttonsState: 0,
    displayId: 0,
  }],
];

const writer = new Writer(4096);
for (const [name, { codec }, value] of messages) {
  Deno.bench(`write ${name}`, { group: name }, () => {
    writer.rewind(0);
    writer.begin();
    codec.write(writer, value, noFields);
    writer.finish();
  });
  const bytes = encode(codec, value);
  Deno.bench(`read ${name}`, { group: name }, () => {
    codec.read(new Reader(bytes), noFields, noCounts);
  });
}
for (const [name, { codec }, value] of messages.slice(0, 3)) {
  Deno.bench(`encode ${name} into bytes of its own`, { group: name }, () => {
    encode(codec, value);
  });
}
