/** LZ4 as liblz4 has it, where it and its header are installed. */
import { compileC } from "../kit/spice_source.ts";

/** A block to make of bytes, or a stream of such as lz4-encoder.c makes it, or a block to decode. */
export interface Lz4Job {
  readonly work: "encode" | "stream" | "decode";
  readonly data: Uint8Array;
  /** decode: how many bytes may come. stream: how many bytes each block is made of. */
  readonly most?: number;
  /** For the time: the fastest of so many. */
  readonly repeats?: number;
}

/** What C made of it: bytes, null where it refuses; nanoseconds of the fastest repeat. */
export interface Lz4Result {
  readonly bytes: Uint8Array | null;
  readonly timeNs: number;
}

/** Runs jobs in C; a sentence saying why there is none. */
export function cLz4(): ((jobs: readonly Lz4Job[]) => Lz4Result[]) | string {
  const folder = Deno.makeTempDirSync();
  const source = new URL("liblz4.c", import.meta.url).pathname;
  const why = compileC(`${folder}/lz4`, [source, "-llz4"]);
  return why === null ? (jobs) => run(folder, jobs) : `no liblz4 (liblz4-dev): ${why}`;
}

function run(folder: string, jobs: readonly Lz4Job[]): Lz4Result[] {
  using input = Deno.openSync(`${folder}/in`, { write: true, create: true, truncate: true });
  for (const { work, data, most, repeats } of jobs) {
    const head = Uint32Array.of(work.charCodeAt(0), most ?? 0, repeats ?? 1, data.length);
    write(input, new Uint8Array(head.buffer));
    write(input, data);
  }
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-c", `${folder}/lz4 < ${folder}/in > ${folder}/out`],
  }).outputSync();
  if (!success) throw new Error(`liblz4.c fails: ${new TextDecoder().decode(stderr)}`);
  const out = Deno.readFileSync(`${folder}/out`);
  const view = new DataView(out.buffer);
  const results: Lz4Result[] = [];
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
