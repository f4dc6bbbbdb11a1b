import { assert, assertEquals, assertThrows } from "@std/assert";
import { describeOptions } from "../../../../core/config/describe.ts";
import { permissionsOf } from "../../../../core/config/permissions.ts";
import { load } from "./kit.ts";

const files = { "vnc.pw": "geheim\n", "ca.pem": "" };

Deno.test("a QEMU's screens, monitor and secrets are read, with a card for each screen", () => {
  const { options } = load({
    ...files,
    "a.cfg": `[object "pw"]
      qom-type = "secret"
      file = "vnc.pw"
    [guest]
      driver = "qemu"
      vnc = "unix:/run/vm/vnc.sock"
      vnc = "[::1]:5901"
      qmp = "localhost:4444"
      username = "me"
      password-secret = "pw"
      tls-ca-file = "ca.pem"`,
  }, { use: ["a.cfg"] });
  assertEquals(options.guest, {
    driver: "qemu",
    name: null,
    uuid: null,
    vnc: [{ path: "/run/vm/vnc.sock" }, { host: "::1", port: 5901 }],
    qmp: { host: "localhost", port: 4444 },
    username: "me",
    password: "geheim",
    tls: { caFile: "ca.pem", hostName: null },
    audio: true,
  });
  assertEquals(options.cards.map(({ id, vgamemBytes }) => [id, vgamemBytes]), [
    ["video0", 64 << 20],
    ["video1", 64 << 20],
  ]);
  const shown = describeOptions(options);
  assert(!shown.includes("geheim"));
  assert(shown.includes('vnc = "unix:/run/vm/vnc.sock"\n  vnc = "[::1]:5901"'));
  const kept = permissionsOf(options, [], null).filter(({ until, why }) =>
    until === "end" && /screen|monitor/.test(why)
  );
  assertEquals(kept.map(({ name, target }) => `${name} ${target}`), [
    "net unix:/run/vm/vnc.sock",
    "read /run/vm/vnc.sock",
    "write /run/vm/vnc.sock",
    "net [::1]:5901",
    "net localhost:4444",
  ]);
});

Deno.test("what a remote guest cannot be is told with what would be right", () => {
  const guest = (lines: string) => () =>
    load({ ...files, "a.cfg": `[guest]\ndriver = "rfb"\n${lines}` }, { use: ["a.cfg"] });
  assertThrows(guest(""), Error, `needs vnc = "unix:/run/vm/vnc.sock"`);
  assertThrows(guest('vnc = ":0"'), Error, 'must be "unix:/path" or "host:port", not ":0"');
  assertThrows(guest('vnc = "h:1"\nqmp = "h:2"'), Error, 'only driver = "qemu" has a monitor');
  assertThrows(guest('vnc = "h:1"\npassword-secret = "x"'), Error, 'there is no [object "x"]');
  assertThrows(guest('vnc = "h:1"\nusername = "x"'), Error, "needs password-secret too");
  assertThrows(guest('vnc = "h:1"\ntls-ca-file = "no.pem"'), Error, "no.pem cannot be read");
  assertThrows(
    guest('vnc = "h:1"\nvnc = "h:2"\n[device "v"]\ndriver = "qxl-vga"'),
    Error,
    "each vnc line needs a card",
  );
});
