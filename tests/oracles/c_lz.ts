/** LZ as spice-common's C code has it, built from its source where that is unpacked. */
import { buildOracle } from "../kit/spice_common.ts";

/** One picture to encode, or its bytes to decode. type: LzImageType. */
export interface LzJob {
  readonly work: "encode" | "decode";
  readonly type: number;
  readonly topDown: boolean;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly data: Uint8Array;
  /** For the time: the fastest of so many. */
  readonly repeats?: number;
}

/** What C made of it: bytes, null where it refuses; nanoseconds of the fastest repeat. */
export interface LzResult {
  readonly bytes: Uint8Array | null;
  readonly timeNs: number;
}

/** Runs jobs in C; a sentence saying why there is none. */
export function cLz(): ((jobs: Iterable<LzJob>) => LzResult[]) | string {
  const built = buildOracle("spice_lz");
  return typeof built === "string" ? built : ((jobs) => run(built.path, jobs));
}

function run(program: string, jobs: Iterable<LzJob>): LzResult[] {
  const folder = Deno.makeTempDirSync();
  const input = Deno.openSync(`${folder}/in`, { write: true, create: true });
  for (const { work, type, topDown, width, height, stride, data, repeats } of jobs) {
    const head = new DataView(new ArrayBuffer(24));
    head.setUint8(0, work.charCodeAt(0));
    head.setUint8(1, type);
    head.setUint8(2, Number(topDown));
    [width, height, stride, repeats ?? 1, data.length]
      .forEach((word, i) => head.setUint32(4 + i * 4, word, true));
    write(input, new Uint8Array(head.buffer));
    write(input, data);
  }
  input.close();
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-c", `${program} < ${folder}/in > ${folder}/out`],
  }).outputSync();
  if (!success) throw new Error(`spice_lz fails: ${new TextDecoder().decode(stderr)}`);
  const out = Deno.readFileSync(`${folder}/out`);
  Deno.removeSync(folder, { recursive: true });
  const view = new DataView(out.buffer);
  const results: LzResult[] = [];
  for (let at = 0; at < out.length;) {
    const timeNs = Number(view.getBigUint64(at, true));
    const size = view.getUint32(at + 8, true);
    at += 12;
    results.push({ timeNs, bytes: size === 0xffffffff ? null : out.subarray(at, at += size) });
  }
  return results;
}

function write(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
