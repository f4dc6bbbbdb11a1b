/**
 * Pixels as video codecs take them: a plane of luma, and two of colour differences, one sample of each
 * for four pixels (4:2:0), in the narrow range of television, 16 to 235 and 16 to 240.
 * Source of truth: ITU-R BT.601-7 and BT.709-6, each 3.2 to 3.4. The loops are in yuv.as.ts.
 */
import { MOST_LEAD } from "../../binary/words.ts";
import { type StridedRows, takeRows } from "../rows.ts";
import { reserve, view } from "../wasm.ts";
import * as yuv from "./yuv.wasm";

/** Shares of red and blue in luma. */
const SHARES = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] } as const;

/** Which recommendation's colours. */
export type YuvMatrix = keyof typeof SHARES;

/** Rows of 32 bits a pixel: blue, green, red, any. */
export interface YuvRows extends StridedRows {
  readonly width: number;
  /** The first row is the top one. */
  readonly topDown: boolean;
}

/** What the loops may read or write behind a row. */
const SLACK = 64;

/**
 * The planes, one behind the other, rows from the top and without padding: width × height bytes, then
 * twice half of each, rounded up. What may change while it is read becomes one or the other.
 */
export function planesOf(rows: YuvRows, matrix: YuvMatrix): Uint8Array<ArrayBuffer> {
  const { width, height, stride, topDown, data } = rows;
  const rowBytes = width * 4;
  if (
    width < 1 || height < 1 || stride < rowBytes || stride * (height - 1) + rowBytes > data.length
  ) {
    throw new RangeError(
      `Cannot convert ${width}×${height}: stride ${stride}, ${data.length} bytes`,
    );
  }
  const halfWidth = (width + 1) >> 1, halfHeight = (height + 1) >> 1;
  const sizes = [width * height, halfWidth * halfHeight, halfWidth * halfHeight];
  // of an odd width the last pixel stands twice
  const step = rowBytes + (width & 1) * 4;
  const planesAt = step * height + MOST_LEAD + SLACK;
  const room = reserve(yuv, planesAt + sizes[0] + sizes[1] + sizes[2] + 3 * SLACK);
  const memory = view(yuv, 0, yuv.memory.buffer.byteLength);
  const first = step === rowBytes
    ? takeRows(rows, rowBytes, memory, room)
    : doubled(rows, memory, room);
  const rowAt = (y: number) => first + (topDown ? y : height - 1 - y) * step;
  const [luma, blue, red] = factorsOf(matrix);
  const starts = [room + planesAt, 0, 0];
  starts[1] = starts[0] + sizes[0] + SLACK;
  starts[2] = starts[1] + sizes[1] + SLACK;
  for (let y = 0; y < height; y++) yuv.luma(rowAt(y), starts[0] + y * width, width, ...luma);
  for (let y = 0, at = 0; y < height; y += 2, at += halfWidth) {
    const upper = rowAt(y), lower = rowAt(Math.min(y + 1, height - 1));
    yuv.chroma(upper, lower, starts[1] + at, halfWidth, ...blue);
    yuv.chroma(upper, lower, starts[2] + at, halfWidth, ...red);
  }
  const planes = new Uint8Array(sizes[0] + sizes[1] + sizes[2]);
  for (let i = 0, at = 0; i < 3; at += sizes[i++]) planes.set(view(yuv, starts[i], sizes[i]), at);
  return planes;
}

/** Copies the rows, each with its last pixel once more. */
function doubled(
  { data, width, height, stride }: YuvRows,
  memory: Uint8Array,
  room: number,
): number {
  for (let y = 0, to = room; y < height; y++, to += width * 4 + 4) {
    memory.set(data.subarray(y * stride, y * stride + width * 4), to);
    memory.copyWithin(to + width * 4, to + width * 4 - 4, to + width * 4);
  }
  return room;
}

type Factors = readonly [br: number, g: number];
const known = new Map<YuvMatrix, readonly Factors[]>();

/** Of luma and the differences of blue and of red, in 15 fraction bits, two of 16 bits in a number. */
function factorsOf(matrix: YuvMatrix): readonly Factors[] {
  let all = known.get(matrix);
  if (all === undefined) {
    const [red, blue] = SHARES[matrix], green = 1 - red - blue;
    const difference = (of: number, r: number, g: number, b: number) =>
      packed([r, g, b].map((share) => share * 224 / 255 / 2 / (1 - of)));
    known.set(
      matrix,
      all = [
        packed([red, green, blue].map((share) => share * 219 / 255)),
        difference(blue, -red, -green, 1 - blue),
        difference(red, 1 - red, -green, -blue),
      ],
    );
  }
  return all;
}

/** Green makes up for what rounding leaves: the factors' sum is exact, so that grey has no colour. */
function packed([r, g, b]: readonly number[]): Factors {
  const whole = (x: number) => Math.round(x * 32768);
  const [red, blue] = [whole(r), whole(b)];
  const green = whole(r + g + b) - red - blue;
  return [(red << 16) | (blue & 0xffff), green & 0xffff];
}
