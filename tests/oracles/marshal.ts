/**
 * Lets spice-common read and write random values of every message, and compares.
 * `deno run -A tests/oracles/marshal.ts SPICE/subprojects/spice-common [VALUES]` says what differs, and
 * with VALUES left out renews tests/data/wire/marshalled.bin. Needs cc, libspice-protocol-dev, libcacard-dev.
 */
import { equal } from "@std/assert";
import { decode, encode } from "../../core/binary/codec.ts";
import { seeded } from "../../core/binary/random.ts";
import { Tunnel } from "../../core/protocol/tunnel.ts";
import { channelById } from "../../core/protocol/channels.ts";
import { nameOf, WireRecord, writeRecords } from "../kit/wire_records.ts";

const REFUSED = 0xffffffff;
const NOT_WRITTEN = 0xfffffffe;
const [common, count] = Deno.args;
const folder = Deno.makeTempDirSync();

function run(command: string, args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function build(): string {
  Deno.writeTextFileSync(
    `${folder}/config.h`,
    "#define USE_SMARTCARD 1\n#define HAVE_ALLOCA_H 1\n",
  );
  const flags = run("pkg-config", [
    "--cflags",
    "--libs",
    "spice-protocol",
    "libcacard",
    "glib-2.0",
  ]);
  const sources = ["client_demarshallers", "server_demarshallers", "server_marshallers"]
    .concat("client_marshallers").map((name) => `generated_${name}`)
    .concat("marshaller", "mem", "log").map((name) => `${common}/common/${name}.c`);
  const own = new URL("spice_common.c", import.meta.url).pathname;
  const includes = [folder, common, `${common}/common`].map((path) => `-I${path}`);
  run(
    "cc",
    ["-w", "-O1", "-o", `${folder}/oracle`, own, ...sources, ...includes]
      .concat(flags.trim().split(/\s+/)),
  );
  return `${folder}/oracle`;
}

const random = seeded(2011);
const cases: { record: WireRecord; value: unknown }[] = [];
for (const { id, client, server } of channelById.values()) {
  if (id === Tunnel.id) continue;
  for (const [from, { byId }] of [["client", client], ["server", server]] as const) {
    for (const [type, { codec }] of byId) {
      for (let i = 0; i < Number(count ?? 6); i++) {
        const value = codec.sample(random, {});
        cases.push({ record: { channel: id, from, type, body: encode(codec, value) }, value });
      }
    }
  }
}
const input = `${folder}/in`;
using file = Deno.openSync(input, { write: true, create: true });
for (const { record } of cases) file.writeSync(encode(WireRecord, record));
run("sh", ["-c", `${build()} < ${input} > ${folder}/out`]);

const output = Deno.readFileSync(`${folder}/out`);
const view = new DataView(output.buffer);
const kept: WireRecord[] = [];
let at = 0;
let differences = 0;
for (const { record, value } of cases) {
  const size = view.getUint32(at, true);
  at += 4;
  if (size === NOT_WRITTEN) continue;
  const theirs = size === REFUSED ? null : { ...record, body: output.subarray(at, at += size) };
  const { codec } = channelById.get(record.channel)![record.from].byId.get(record.type)!;
  if (theirs && equal(theirs.body, record.body) && equal(decode(codec, theirs.body), value)) {
    // what every channel has is kept for one
    if (record.type > 100 || record.channel === 1) kept.push(theirs);
  } else {
    differences++;
    console.log(`${nameOf(record)} ${theirs ? "differs" : "is refused"}`, value);
  }
}
console.log(`${cases.length} messages, ${differences} differences`);
if (count === undefined && differences === 0) {
  writeRecords(new URL("../data/wire/marshalled.bin", import.meta.url), kept);
}
Deno.removeSync(folder, { recursive: true });
