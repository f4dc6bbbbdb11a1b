/**
 * A program that is another one with arguments and variables already given: Deno's own executable
 * with one segment more, where it begins. Nothing is unpacked when it runs, and nothing is started
 * twice: the system maps it as it maps any program, and the segment's code puts what was given before
 * what the person gives. Source of truth: the System V ABI, and elf(5).
 */
import { u16, u32, u64 } from "../../core/binary/cell.ts";
import { layout, type Live, reserved } from "../../core/binary/layout.ts";

/** What the made program always starts with. */
export interface Given {
  /** Behind the program's name, before the person's own. */
  readonly args: readonly string[];
  /** `NAME=value`, before those of the same name from outside. */
  readonly variables: readonly string[];
}

/** elf.h: Elf64_Ehdr */
const Header = layout({
  magic: u32,
  class64: u16,
  ident: reserved(10),
  type: u16,
  machine: u16,
  version: u32,
  entry: u64,
  segmentsAt: u64,
  sectionsAt: u64,
  flags: u32,
  headerSize: u16,
  segmentSize: u16,
  segments: u16,
});

/** elf.h: Elf64_Phdr */
const Segment = layout({
  type: u32,
  flags: u32,
  offset: u64,
  virtual: u64,
  physical: u64,
  fileSize: u64,
  memorySize: u64,
  align: u64,
});

const MAGIC = 0x464c457f, LITTLE_64 = 0x0102, LOAD = 1, NOTE = 4, EXECUTE_READ = 5;
/** Larger than the pages of any machine that this runs on. */
const PAGE = 0x10000n;

/** elf.h: e_machine → the name of the code in this folder. */
const MACHINES: Readonly<Record<number, string>> = { 62: "x86_64", 183: "aarch64" };

/** The machine that an executable is for; null: none that there is code for. */
export function machineOf(program: Uint8Array): string | null {
  if (program.length < Header.size) return null;
  const header = Header.over(viewOf(program), 0);
  if (header.magic !== MAGIC || header.class64 !== LITTLE_64) return null;
  return MACHINES[header.machine] ?? null;
}

/** elf.h: Elf64_Dyn */
const Dynamic = layout({ tag: u64, value: u64 });
/** elf.h: Elf64_Rela; info holds the symbol above the type. */
const Relocation = layout({ offset: u64, info: u64, addend: u64 });
/** elf.h: Elf64_Sym */
const Symbol = layout({ name: u32, kind: u32, value: u64, size: u64 });
/** elf.h: DT_…, and the relocation that fills a place with a symbol's address, of each machine. */
const STRTAB = 5, SYMTAB = 6, RELA = 7, RELASZ = 8, DYNAMIC = 2;
const GLOB_DAT: Readonly<Record<number, bigint>> = { 62: 6n, 183: 1025n };

/** What must be there to run, and what is said where it is not. */
const NEEDED = "/proc/self/exe";
const COMPLAINT = "spice-appliance: /proc must be mounted here: its runtime finds itself by it\n";

/**
 * The program made of `program`; code: `start_….bin` of its machine. Error: it has no segment that can
 * be given up for the new one.
 */
export function withGiven(program: Uint8Array, code: Uint8Array, given: Given): Uint8Array {
  const view = viewOf(program);
  const header = Header.over(view, 0);
  const segments = Array.from(
    { length: header.segments },
    (_, i) => Segment.over(view, Number(header.segmentsAt) + i * header.segmentSize),
  );
  const loads = segments.filter(({ type }) => type === LOAD);
  // SPEC: segments to load stand in the order of their addresses; a note is needed by nobody who runs it
  const note = segments.findLastIndex(({ type }) => type === NOTE);
  if (note < segments.findLastIndex(({ type }) => type === LOAD)) {
    throw new Error("This executable has no note behind its segments that could be given up");
  }
  const end = loads.map(({ virtual, memorySize }) => virtual + memorySize);
  const at = roundUp(end.reduce((a, b) => a > b ? a : b), PAGE);
  const offset = roundUp(BigInt(program.length), PAGE);
  const environ = placeOf("environ", view, segments, GLOB_DAT[header.machine]);
  const segment = segmentOf(code, given, header.entry - at, environ - at);

  const made = new Uint8Array(Number(offset) + segment.length);
  made.set(program);
  made.set(segment, Number(offset));
  const changed = viewOf(made);
  Header.over(changed, 0).entry = at;
  const place = Number(header.segmentsAt) + note * header.segmentSize;
  Object.assign(Segment.over(changed, place), {
    type: LOAD,
    flags: EXECUTE_READ,
    offset,
    virtual: at,
    physical: at,
    fileSize: BigInt(segment.length),
    memorySize: BigInt(segment.length),
    align: PAGE,
  });
  return made;
}

/** Where the address of a library's variable is put when the program is loaded. */
function placeOf(
  name: string,
  view: DataView,
  segments: readonly Live<typeof Segment.parts>[],
  type: bigint,
): bigint {
  const fileAt = (address: bigint) => {
    const segment = segments.find(({ type, virtual, fileSize }) =>
      type === LOAD && address >= virtual && address < virtual + fileSize
    );
    if (!segment) throw new Error(`Address ${address} of this executable is in no segment`);
    return Number(segment.offset + address - segment.virtual);
  };
  const tags = new Map<number, bigint>();
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  for (let at = 0n; dynamic && at < dynamic.fileSize; at += BigInt(Dynamic.size)) {
    const { tag, value } = Dynamic.over(view, Number(dynamic.offset + at));
    tags.set(Number(tag), value);
  }
  const [strings, symbols, first] = [STRTAB, SYMTAB, RELA].map((tag) =>
    fileAt(tags.get(tag) ?? -1n)
  );
  const wanted = new TextEncoder().encode(`${name}\0`);
  for (let at = 0; at < Number(tags.get(RELASZ)); at += Relocation.size) {
    const { offset, info } = Relocation.over(view, first + at);
    if ((info & 0xffffffffn) !== type) continue;
    const symbol = Symbol.over(view, symbols + Number(info >> 32n) * Symbol.size);
    const text = strings + symbol.name;
    if (wanted.every((byte, i) => view.getUint8(text + i) === byte)) return offset;
  }
  throw new Error(`This executable does not use ${name}`);
}

/** The code, its table as the code's source has it, and the strings. Places are counted from its begin. */
function segmentOf(
  code: Uint8Array,
  { args, variables }: Given,
  start: bigint,
  environ: bigint,
): Uint8Array {
  const encoder = new TextEncoder();
  const strings = [NEEDED, COMPLAINT, ...args, ...variables].map((text) =>
    encoder.encode(`${text}\0`)
  );
  const words = 7 + args.length + variables.length;
  const offsets: bigint[] = [];
  let size = words * 8;
  for (const { length } of strings) {
    offsets.push(BigInt(size));
    size += length;
  }
  const [needed, complaint, ...inserted] = offsets;
  const table = [
    start - BigInt(code.length),
    BigInt(args.length),
    BigInt(variables.length),
    needed,
    complaint,
    BigInt(COMPLAINT.length),
    environ - BigInt(code.length),
    ...inserted,
  ];
  const segment = new Uint8Array(code.length + size);
  const view = viewOf(segment);
  segment.set(code);
  table.forEach((word, i) => view.setBigInt64(code.length + i * 8, word, true));
  strings.forEach((text, i) => segment.set(text, code.length + Number(offsets[i])));
  return segment;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);

const roundUp = (n: bigint, to: bigint) => (n + to - 1n) / to * to;
