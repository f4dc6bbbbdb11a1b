import { assertEquals } from "@std/assert";
import { saslKeys, secretKeys, ticketKeys } from "../../core/config/access.ts";
import { ExitCode } from "../../core/config/command_line.ts";
import { cardKeys, deviceTables } from "../../core/config/devices.ts";
import { chardevKeys, serialPortKeys, usbKeys, usbRedirKeys } from "../../core/config/ports.ts";
import { guestKeys } from "../../core/config/guest.ts";
import { limitKeys } from "../../core/config/limits.ts";
import { logKeys } from "../../core/config/log.ts";
import { spiceKeys } from "../../core/config/spice.ts";
import { tunnelKeys } from "../../core/config/tunnel.ts";
import { webKeys } from "../../core/config/web.ts";

const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

Deno.test("the README has every key of the configuration", () => {
  const tables = {
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
