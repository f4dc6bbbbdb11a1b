/** What is packaged, as far as it can be tried without installing it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { needs, run } from "../kit/peers.ts";

const unit = new URL("../../.github/packaging/spice-appliance.service", import.meta.url);

/** The unit, of a program that is there. */
async function installed<T>(use: (file: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/spice-appliance.service`;
  const text = (await Deno.readTextFile(unit))
    .replaceAll("/usr/local/bin/spice-appliance", "/bin/true")
    .replace(/^Documentation=.*\n/m, "");
  await Deno.writeTextFile(file, text);
  try {
    return await use(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "systemd finds nothing wrong with the unit, and little that it leaves open",
  ...needs("systemd-analyze"),
  fn: () =>
    installed(async (file) => {
      const { out, err, code } = await run("systemd-analyze", ["verify", file], { fails: true });
      // other units of this machine may have faults of their own
      const said = `${out}${err}`.split("\n").filter((line) => line.includes("spice-appliance"));
      assertEquals([said, code], [[], 0]);
      const args = ["security", "--offline=true", "--no-pager", file];
      const { out: table } = await run("systemd-analyze", args, { fails: true });
      if (!table.includes("exposure level")) return; // before systemd 250 there is no --offline
      const [, exposure] = /exposure level for spice-appliance.service: ([\d.]+)/.exec(table)!;
      assert(Number(exposure) <= 1.5, table);
      assertMatch(table, /✓ +CapabilityBoundingSet=~CAP_SYS_ADMIN/);
    }),
});
