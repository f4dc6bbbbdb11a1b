/** JPEG beside libjpeg-turbo as the C server calls it, on the same pictures: MPix/s, the best of many. */
import { cpuUsage } from "node:process";
import { type Random, seeded } from "../../core/binary/random.ts";
import { decodeJpeg, encodeJpeg, type JpegRows } from "../../core/codecs/jpeg/mod.ts";
import { decodePng } from "../kit/png.ts";

const QUALITY = 80, TIMES = 40;

/** The program of tests/oracles/jpeg.c; null, having said why, when it cannot be built. */
function buildPeer(folder: string): string | null {
  const source = new URL("../oracles/jpeg.c", import.meta.url).pathname;
  const args = ["-O2", "-std=gnu11", "-o", `${folder}/jpeg`, source, "-ljpeg"];
  try {
    const { success } = new Deno.Command("cc", { args, stderr: "null" }).outputSync();
    if (success) return `${folder}/jpeg`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log("libjpeg cannot be measured here: cc or libjpeg62-turbo-dev is not installed");
  return null;
}

async function askPeer(path: string, { width, height, data }: JpegRows) {
  const child = new Deno.Command(path, { stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(Uint32Array.of(QUALITY, width, height, TIMES).buffer));
  await writer.write(data);
  await writer.close();
  const { stdout } = await child.output();
  const view = new DataView(stdout.buffer, stdout.byteOffset);
  const [encode, decode] = [0, 8].map((at) => Number(view.getBigUint64(at, true)) / 1e6);
  return { encode, decode, bytes: view.getUint32(16, true) };
}

/** Fewest milliseconds of CPU. */
function best(work: () => unknown, times = TIMES): number {
  let fewest = Infinity;
  for (let i = 0; i < times; i++) {
    const start = cpuUsage();
    work();
    const { user, system } = cpuUsage(start);
    fewest = Math.min(fewest, (user + system) / 1000);
  }
  return fewest;
}

const rowsOf = (width: number, height: number, pixels: Uint32Array): JpegRows => ({
  ...{ format: "bit32", width, height, stride: width * 4, topDown: true },
  data: new Uint8Array(pixels.buffer),
});

/** Windows of the golden pictures beside each other: text, drawings, a video's frame. */
async function desktop(): Promise<JpegRows> {
  const pixels = new Uint32Array(1920 * 1080);
  const put = async (name: string, left: number, top: number) => {
    const file = new URL(`../data/golden/${name}.png`, import.meta.url);
    const picture = await decodePng(Deno.readFileSync(file));
    const width = Math.min(picture.width, 1920 - left);
    for (let y = 0; y < Math.min(picture.height, 1080 - top); y++) {
      const at = y * picture.width;
      pixels.set(picture.pixels.subarray(at, at + width), (top + y) * 1920 + left);
    }
  };
  await put("browser", 0, 0);
  await put("alltypes", 1100, 0);
  await put("office", 300, 600);
  await put("video360", 1300, 500);
  return rowsOf(1920, 1080, pixels);
}

/** As a camera sees: the coarser the stronger, and a little noise. */
function photo(random: Random, width: number, height: number): JpegRows {
  const octaves = [128, 64, 32, 16, 8, 4].map((size, i) => ({
    ...{ size, across: Math.ceil(width / size) + 2, strength: 90 / 1.7 ** i },
    grid: Float64Array.from({ length: 9999 }, () => random.below(2000) / 1000 - 1),
  }));
  const pixels = new Uint32Array(width * height);
  const channel = [1, 0.8, 0.6];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let pixel = 0;
      for (let c = 0; c < 3; c++) {
        let value = 120 + random.below(7);
        for (const { size, across, strength, grid } of octaves) {
          const at = Math.floor(y / size) * across + Math.floor(x / size) + (strength < 20 ? c : 0);
          const [u, v] = [x / size % 1, y / size % 1];
          const upper = grid[at % 9999] * (1 - u) + grid[(at + 1) % 9999] * u;
          const below = at + across;
          const lower = grid[below % 9999] * (1 - u) + grid[(below + 1) % 9999] * u;
          value += strength * channel[c] * (upper * (1 - v) + lower * v);
        }
        pixel = pixel << 8 | Math.max(0, Math.min(255, value));
      }
      pixels[y * width + x] = pixel;
    }
  }
  return rowsOf(width, height, pixels);
}

const folder = await Deno.makeTempDir();
try {
  const peer = buildPeer(folder);
  const pictures: [string, JpegRows][] = [
    ["desktop 1920×1080", await desktop()],
    ["photo 1920×1080", photo(seeded(1), 1920, 1080)],
    ["photo 640×360", photo(seeded(2), 640, 360)],
  ];
  for (const [picture, rows] of pictures) {
    const size = rows.width * rows.height / 1000;
    const file = encodeJpeg(rows, QUALITY).slice();
    const theirs = peer === null ? null : await askPeer(peer, rows);
    const encode = best(() => encodeJpeg(rows, QUALITY));
    const decode = best(() => decodeJpeg(file, rows), 10);
    const row = (who: string, encode: number, decode: number, bytes: number) => ({
      ...{ picture, who, "encode MPix/s": Math.round(size / encode) },
      ...{ "decode MPix/s": Math.round(size / decode), bytes },
    });
    console.table([
      row("ours", encode, decode, file.length),
      ...theirs ? [row("libjpeg-turbo", theirs.encode, theirs.decode, theirs.bytes)] : [],
    ]);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
