/**
 * JPEG files: baseline, extended and progressive, 8 bits a sample, grey or of three components.
 * Anything malformed, cut off or not as large as expected is refused; nothing is guessed.
 * Source of truth: ITU-T T.81; the pixels are libjpeg's.
 */
import { BitReader, type HuffmanReader, huffmanReader } from "./bit_reader.ts";
import { pixelsOf } from "./samples.ts";
import { type Component, readScan, type Scan } from "./scan.ts";
import { firstTables, otherTables, zigzag } from "./tables.ts";

/** Rows without padding, the first on top: blue, green, red, 0. */
export interface JpegPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Each of a progressive file's scans may cost as much as all of a picture; libjpeg makes 10. */
const MOST_SCANS = 100;
/** What this and its memory of whole units can bear; 16384 × 16384. */
const MOST_PIXELS = 2 ** 28;

/** What has been said before a scan. */
interface State {
  readonly data: Uint8Array;
  readonly steps: (Uint16Array | undefined)[];
  readonly first: (HuffmanReader | undefined)[];
  readonly other: (HuffmanReader | undefined)[];
  restartInterval: number;
  frame: Frame | null;
  jfif: boolean;
  /** What Adobe's marker says of the colours. */
  transform: number | null;
  scans: number;
}

interface Frame {
  readonly progressive: boolean;
  readonly components: Component[];
  readonly unitsAcross: number;
  readonly unitsDown: number;
}

/** The picture of a JPEG file. RangeError: it is none, or not one of the expected size. */
export function decodeJpeg(
  data: Uint8Array,
  expected: { readonly width: number; readonly height: number },
): JpegPicture {
  const { width, height } = expected;
  if (width < 1 || height < 1 || width * height > MOST_PIXELS) {
    throw new RangeError(`Cannot decode a JPEG picture of ${width}×${height}`);
  }
  const tables = { steps: [], first: [], other: [] };
  const flags = { restartInterval: 0, frame: null, jfif: false, transform: null, scans: 0 };
  const state: State = { data, ...tables, ...flags };
  if (data[0] !== 0xff || data[1] !== 0xd8) throw new RangeError("No JPEG file");
  for (let at = 2;;) {
    if (data[at] !== 0xff) throw new RangeError(`No JPEG marker at byte ${at}`);
    while (data[at] === 0xff) at++;
    const marker = data[at++];
    if (marker === 0xd9) return finish(state, width, height);
    const size = data[at] << 8 | data[at + 1];
    if (!(size >= 2 && size <= data.length - at)) {
      throw new RangeError(`JPEG segment ${marker?.toString(16)} is cut off at byte ${at}`);
    }
    const body = data.subarray(at + 2, at + size);
    at += size;
    if (marker === 0xda) at = scan(state, body, at);
    else segment(state, marker, body, expected);
  }
}

function finish({ frame, jfif, transform }: State, width: number, height: number): JpegPicture {
  if (frame === null || frame.components.some(({ steps }) => steps === null)) {
    throw new RangeError("A JPEG file without all of its picture");
  }
  const ids = frame.components.map(({ id }) => id).join();
  const rgb = !jfif && (transform === null ? ids === "82,71,66" : transform === 0);
  return { width, height, data: pixelsOf(frame.components, width, height, rgb) };
}

function segment(
  state: State,
  marker: number,
  body: Uint8Array,
  expected: { readonly width: number; readonly height: number },
): void {
  if (marker === 0xdb) return readSteps(state, body);
  if (marker === 0xc4) return readCodes(state, body);
  if (marker === 0xdd) {
    if (body.length !== 2) throw new RangeError(`JPEG restart interval of ${body.length} bytes`);
    state.restartInterval = body[0] << 8 | body[1];
    return;
  }
  if (marker >= 0xc0 && marker <= 0xc2) {
    if (state.frame !== null) throw new RangeError("A JPEG file with two frames");
    state.frame = readFrame(body, marker === 0xc2, expected);
    return;
  }
  if (marker === 0xe0 && startsWith(body, "JFIF\0")) state.jfif = true;
  if (marker === 0xee && startsWith(body, "Adobe") && body.length >= 12) state.transform = body[11];
  // what applications say, and comments
  if (marker >= 0xe0 && marker <= 0xef || marker === 0xfe) return;
  throw new RangeError(`JPEG marker ${marker.toString(16)} is not supported`);
}

const startsWith = (body: Uint8Array, text: string): boolean =>
  body.length >= text.length && [...text].every((char, i) => char.charCodeAt(0) === body[i]);

function readSteps({ steps }: State, body: Uint8Array): void {
  for (let at = 0; at < body.length;) {
    const wide = body[at] >> 4, id = body[at] & 15;
    const size = 64 << wide;
    if (wide > 1 || id > 3 || body.length - at - 1 < size) throw wrong("quantisation table");
    at++;
    const table = new Uint16Array(64);
    for (let k = 0; k < 64; k++) {
      table[zigzag[k]] = wide ? body[at + 2 * k] << 8 | body[at + 2 * k + 1] : body[at + k];
    }
    steps[id] = table;
    at += size;
  }
}

function readCodes({ first, other }: State, body: Uint8Array): void {
  for (let at = 0; at < body.length;) {
    const kind = body[at] >> 4, id = body[at] & 15;
    const counts = body.subarray(at + 1, at + 17);
    let sum = 0;
    for (const count of counts) sum += count;
    if (kind > 1 || id > 3 || counts.length < 16 || sum > body.length - at - 17) {
      throw wrong("Huffman table");
    }
    const symbols = body.subarray(at + 17, at + 17 + sum);
    if (kind === 0 && symbols.some((size) => size > 15)) throw wrong("Huffman table");
    (kind === 0 ? first : other)[id] = huffmanReader({ counts, symbols });
    at += 17 + sum;
  }
}

type Reading = ReturnType<typeof huffmanReader>;
const standards: Record<"first" | "other", (Reading | undefined)[]> = { first: [], other: [] };

/** One of the tables of annex K; undefined: there is no such. */
function standard(kind: "first" | "other", id: number): Reading | undefined {
  const table = (kind === "first" ? firstTables : otherTables)[id];
  return table && (standards[kind][id] ??= huffmanReader(table));
}

function readFrame(
  body: Uint8Array,
  progressive: boolean,
  expected: { readonly width: number; readonly height: number },
): Frame {
  const count = body[5];
  if (body.length < 6 || body.length !== 6 + 3 * count || body[0] !== 8) throw wrong("frame");
  if (count !== 1 && count !== 3) throw new RangeError(`JPEG with ${count} components`);
  const height = body[1] << 8 | body[2], width = body[3] << 8 | body[4];
  if (width !== expected.width || height !== expected.height) {
    throw new RangeError(
      `JPEG of ${width}×${height} where ${expected.width}×${expected.height} is expected`,
    );
  }
  const said = Array.from({ length: count }, (_, i) => {
    const [id, sampling, table] = body.subarray(6 + 3 * i, 9 + 3 * i);
    // one alone has no units: how many blocks would make one says nothing
    const across = count === 1 ? 1 : sampling >> 4, down = count === 1 ? 1 : sampling & 15;
    if (across < 1 || across > 4 || down < 1 || down > 4 || table > 3) throw wrong("component");
    return { id, across, down, table };
  });
  if (new Set(said.map(({ id }) => id)).size !== count) throw wrong("component");
  const mostAcross = Math.max(...said.map(({ across }) => across));
  const mostDown = Math.max(...said.map(({ down }) => down));
  const unitsAcross = Math.ceil(width / (8 * mostAcross));
  const unitsDown = Math.ceil(height / (8 * mostDown));
  const components = said.map(({ id, across, down, table }): Component => {
    if (mostAcross % across !== 0 || mostDown % down !== 0) {
      throw new RangeError(`JPEG sampling of ${across} in ${mostAcross}, ${down} in ${mostDown}`);
    }
    const blocksStride = unitsAcross * across;
    return {
      ...{ id, across, down, table, steps: null, blocksStride },
      blocksAcross: Math.ceil(Math.ceil(width * across / mostAcross) / 8),
      blocksDown: Math.ceil(Math.ceil(height * down / mostDown) / 8),
      coefficients: new Int16Array(blocksStride * unitsDown * down * 64),
    };
  });
  return { progressive, components, unitsAcross, unitsDown };
}

/** Reads a scan, header and data; returns where it ends. */
function scan(state: State, body: Uint8Array, at: number): number {
  const { frame, steps, restartInterval } = state;
  const count = body[0];
  if (frame === null || body.length !== 4 + 2 * count || count < 1 || count > 3) {
    throw wrong("scan");
  }
  if (++state.scans > MOST_SCANS) throw new RangeError(`More than ${MOST_SCANS} JPEG scans`);
  const { progressive, unitsAcross, unitsDown } = frame;
  const from = body[1 + 2 * count], to = body[2 + 2 * count];
  const high = body[3 + 2 * count] >> 4, low = body[3 + 2 * count] & 15;
  const whole = from === 0 && to === 63 && high === 0 && low === 0;
  const part = to < 64 && (from === 0 ? to === 0 : from <= to && count === 1) && low <= 13 &&
    (high === 0 || high === low + 1);
  if (!(progressive ? part : whole)) throw wrong("scan");

  const components: Component[] = [];
  const first: Scan["first"][number][] = [], other: Scan["other"][number][] = [];
  let blocks = 0;
  for (let i = 0; i < count; i++) {
    const component = frame.components.find(({ id }) => id === body[1 + 2 * i]);
    if (component === undefined || components.includes(component)) throw wrong("scan");
    component.steps ??= steps[component.table] ?? null;
    // frames of MJPEG leave the standard's tables out
    const firstId = body[2 + 2 * i] >> 4, otherId = body[2 + 2 * i] & 15;
    const a = state.first[firstId] ?? standard("first", firstId);
    const b = state.other[otherId] ?? standard("other", otherId);
    if (
      component.steps === null || from === 0 && high === 0 && a === undefined ||
      to > 0 && b === undefined
    ) throw new RangeError("JPEG scan without its tables");
    blocks += component.across * component.down;
    components.push(component);
    first.push(a ?? null);
    other.push(b ?? null);
  }
  if (count > 1 && blocks > 10) throw wrong("scan");
  const bits = new BitReader(state.data, at);
  readScan(bits, {
    ...{ components, first, other, from, to, high, low, progressive },
    ...{ unitsAcross, unitsDown, restartInterval },
  });
  return bits.marker();
}

const wrong = (what: string): RangeError => new RangeError(`Malformed JPEG ${what}`);
