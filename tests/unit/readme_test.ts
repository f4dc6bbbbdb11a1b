import { assert, assertEquals } from "@std/assert";
import { saslKeys, secretKeys, ticketKeys } from "../../core/config/access.ts";
import { ExitCode, readCommandLine } from "../../core/config/command_line.ts";
import { readConnect } from "../../core/config/connect.ts";
import { type ConfigHost, loadConfig } from "../../core/config/load.ts";
import manifest from "../../deno.json" with { type: "json" };
import { audioKeys } from "../../core/config/audiodev.ts";
import { cardKeys, deviceTables } from "../../core/config/devices.ts";
import {
  chardevKeys,
  serialPortKeys,
  smartcardKeys,
  usbKeys,
  usbRedirKeys,
} from "../../core/config/ports.ts";
import { guestKeys } from "../../core/config/guest.ts";
import { limitKeys } from "../../core/config/limits.ts";
import { logKeys } from "../../core/config/log.ts";
import { spiceKeys } from "../../core/config/spice.ts";
import { tunnelKeys } from "../../core/config/tunnel.ts";
import { webKeys } from "../../core/config/web.ts";
import { routes } from "../../web/api/table.ts";

const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

Deno.test("the README has every key of the configuration", () => {
  const tables = {
    audioKeys,
    smartcardKeys,
    webKeys,
    limitKeys,
    logKeys,
    spiceKeys,
    secretKeys,
    ticketKeys,
    saslKeys,
    guestKeys,
    serialPortKeys,
    tunnelKeys,
    usbKeys,
    usbRedirKeys,
  };
  const keys = Object.values(tables).flatMap((table) => Object.keys(table));
  // Keys that only take QEMU's default are left out.
  const plain = ["id", "driver", "keyid", "iv", "romfile", "rombar", "multifunction", "debug"]
    .concat("guestdebug", "cmdlog", "global-vmstate", "vram64_size_mb")
    .concat("telnet", "websocket", "bootindex", "streams", "p2", "p3", "slots");
  keys.push(...Object.keys(cardKeys), ...Object.keys(chardevKeys), ...Object.keys(deviceTables));
  const missing = keys.filter((key) => !readme.includes(`\`${key}\``) && !plain.includes(key));
  assertEquals(missing, []);
});

Deno.test("the README has every exit code", () => {
  const missing = Object.values(ExitCode).filter((code) =>
    !new RegExp(`^\\| ${code} +\\|`, "m").test(readme)
  );
  assertEquals(missing, []);
});

/** Its blocks of code in a language. */
const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, of]) => of === language).map(([, , text]) => text);

/** What people fill in. */
const filledIn = (text: string) =>
  text
    .replace("SCRAM-SHA-256$600000:…", `SCRAM-SHA-256$600000:${btoa("salt")}$${key}:${key}`)
    .replace("SHA-256$…", `SHA-256$${key}`);
const key = btoa("k".repeat(32));

Deno.test("every configuration in the README loads as it stands there", () => {
  const all = blocks("ini");
  assert(all.length > 10);
  for (const text of all) {
    const open = text.includes("password") && text.includes("[spice]")
      ? ""
      : `[spice]\n  port = "5930"\n  disable-ticketing = "on"\n`;
    const files: Record<string, string> = {
      "open.cfg": open,
      "readme.cfg": filledIn(text),
      ...{ "server-key.pem": "", "server-cert.pem": "", "ca-cert.pem": "" },
    };
    const host: ConfigHost = {
      readText(path) {
        if (files[path] === undefined) throw new Error(`${path}: there is no such file`);
        return files[path];
      },
      readable: () => true,
      variable: () => undefined,
    };
    try {
      loadConfig(
        { files: open === "" ? ["readme.cfg"] : ["open.cfg", "readme.cfg"], spice: [] },
        host,
      );
    } catch (error) {
      throw new Error(`${text}${error instanceof Error ? error.message : error}`);
    }
  }
});

Deno.test("every command of ours in the README is one that there is", () => {
  const tasks = Object.keys(manifest.tasks);
  let count = 0;
  const lines = blocks("sh").join("").concat(
    [...readme.matchAll(/`(deno task [^`]+)`/g)]
      .map(([, line]) => `${line}\n`).join(""),
  ).split("\n");
  for (const line of lines) {
    const [words] = /^[^#>]*/.exec(line.replace(/ # .*| > .*/, ""))!;
    const [first, ...rest] = words.trim().split(/\s+/);
    const args = first === "npx" ? rest.slice(1) : [first, ...rest];
    if (/^deno(@|$)/.test(args[0]) && args[1] === "task") {
      count++;
      assert(tasks.includes(args[2]), line);
      if (args[2] === "start") readCommandLine(args.slice(3));
    } else if (/^(\.\/)?spice-appliance$/.test(first)) {
      count++;
      if (rest[0] === "connect") readConnect(rest.slice(1));
      else readCommandLine(rest);
    }
  }
  assert(count > 10, `${count} commands`);
});

Deno.test("the files that the README names are there", async () => {
  const names = [...readme.matchAll(/`((?:tests|channels|core|qxl|web|\.github)\/[\w./-]+)`/g)]
    .concat([...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)]).map(([, name]) => name);
  assert(names.length > 10);
  // what is made of the sources stands nowhere before it is
  for (const name of names.filter((name) => !name.startsWith("web/dist"))) {
    await Deno.stat(new URL(`../../${name}`, import.meta.url));
  }
});

Deno.test("the calls of the API in the README are in its table", () => {
  const called = [...blocks("sh").join("").matchAll(/https:\/\/[^/\s]+(\/api\/\S+)/g)]
    .map(([, path]) => path);
  assert(called.length > 2);
  for (const path of called) {
    const known = routes.some((route) =>
      new RegExp(`^${route.path.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}$`).test(path)
    );
    assert(known, path);
  }
});
