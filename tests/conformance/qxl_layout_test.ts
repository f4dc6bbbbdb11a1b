/**
 * Every field of card memory lies where qxl_dev.h has it: by a table that the C compiler made
 * (data/qxl_layout.json), and by the compiler itself where there is one.
 */
import { assert, assertEquals } from "@std/assert";
import type { Layout, Part } from "../../core/binary/layout.ts";
import * as qxl from "../../qxl/memory.ts";

const HEADERS = "/usr/include/spice-1";
const TABLE = new URL("../data/qxl_layout.json", import.meta.url);

// deno-lint-ignore no-explicit-any
const structs: Record<string, Layout<any>> = {
  QXLRom: qxl.Rom,
  QXLMode: qxl.Mode,
  QXLModes: qxl.Modes,
  QXLCommand: qxl.Command,
  QXLMemSlot: qxl.MemSlot,
  QXLSurfaceCreate: qxl.SurfaceCreate,
  QXLCommandRing: qxl.CommandRing,
  QXLCursorRing: qxl.CursorRing,
  QXLReleaseRing: qxl.ReleaseRing,
  QXLRam: qxl.Ram,
  QXLReleaseInfo: qxl.ReleaseInfo,
  QXLDataChunk: qxl.DataChunk,
  QXLMessage: qxl.Message,
  QXLUpdateCmd: qxl.UpdateCmd,
  QXLCursor: qxl.Cursor,
  QXLCursorCmd: qxl.CursorCmd,
  QXLRasterGlyph: qxl.RasterGlyph,
  QXLString: qxl.String,
  QXLBrush: qxl.Brush,
  QXLQMask: qxl.QMask,
  QXLTransform: qxl.Transform,
  QXLComposite: qxl.Composite,
  QXLCompatDrawable: qxl.CompatDrawable,
  QXLDrawable: qxl.Drawable,
  QXLSurfaceCmd: qxl.SurfaceCmd,
  QXLClipRects: qxl.ClipRects,
  QXLPathSeg: qxl.PathSeg,
  QXLPath: qxl.Path,
  QXLImage: qxl.Image,
  QXLPalette: qxl.Palette,
  QXLHead: qxl.Head,
  QXLMonitorsConfig: qxl.MonitorsConfig,
};

/** The C expression of every cell, with its offset. */
function* cells(part: Part, path: string, at: number): Generator<[string, number]> {
  if ("get" in part || part.kind === "gap") {
    yield [path, at];
  } else if (part.kind === "row") {
    // the first and the last tell where all are
    for (const i of [0, part.count - 1]) {
      const element = path.endsWith("items") ? `${path}[${i}].el` : `${path}[${i}]`;
      yield* cells(part.part, element, at + i * part.part.size);
    }
  } else {
    // deno-lint-ignore no-explicit-any
    const { parts, at: starts } = part as Layout<any>;
    for (const name of Object.keys(parts)) {
      const first = firstOf(starts[name]);
      const snake = name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
      yield* cells(parts[name], path ? `${path}.${snake}` : snake, at + first);
    }
  }
}

// deno-lint-ignore no-explicit-any
const firstOf = (offset: any): number =>
  typeof offset === "number" ? offset : Math.min(...Object.values(offset).map(firstOf));

function ours(): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(structs).map(([name, layout]) => [name, {
      sizeof: layout.size,
      ...Object.fromEntries(
        [...cells(layout, "", 0)].map(([path, at]) => [
          // the header's union has no name there
          name === "QXLImage" ? path.replace(/^u\./, "") : path,
          at,
        ]),
      ),
    }]),
  );
}

/** The same, as the compiler has it. */
async function theirs(): Promise<Record<string, Record<string, number>>> {
  const dir = await Deno.makeTempDir();
  try {
    const lines = Object.entries(ours()).flatMap(([struct, fields]) =>
      Object.keys(fields).map((field) => {
        const value = field === "sizeof" ? `sizeof(${struct})` : `offsetof(${struct}, ${field})`;
        return `printf("${struct} ${field} %zu\\n", ${value});`;
      })
    );
    const includes = "#include <stdio.h>\n#include <stdint.h>\n#include <stddef.h>\n";
    await Deno.writeTextFile(
      `${dir}/layout.c`,
      `${includes}#include <spice/qxl_dev.h>\nint main(void) {\n${lines.join("\n")}\nreturn 0; }\n`,
    );
    const run = async (command: string, args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
      assert(success, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    await run("cc", [`-I${HEADERS}`, "-o", `${dir}/layout`, `${dir}/layout.c`]);
    const table: Record<string, Record<string, number>> = {};
    for (const line of (await run(`${dir}/layout`, [])).trim().split("\n")) {
      const [struct, field, value] = line.split(" ");
      (table[struct] ??= {})[field] = Number(value);
    }
    return table;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function hasCompiler(): Promise<boolean> {
  try {
    await Deno.stat(`${HEADERS}/spice/qxl_dev.h`);
    return (await new Deno.Command("cc", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

Deno.test("card memory lies as the recorded table of qxl_dev.h says", async () => {
  const recorded = JSON.parse(await Deno.readTextFile(TABLE));
  assertEquals(ours(), recorded);
});

const compiler = await hasCompiler();
if (!compiler) console.log("no C compiler or no qxl_dev.h: offsets are checked by the table only");

Deno.test({
  name: "card memory lies as the C compiler lays out qxl_dev.h",
  ignore: !compiler,
  fn: async () => assertEquals(ours(), await theirs()),
});
