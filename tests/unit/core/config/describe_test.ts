import { assertEquals } from "@std/assert";
import {
  clientAddresses,
  describeOptions,
  describePermissions,
} from "../../../../core/config/describe.ts";
import { defaultOptions } from "../../../../core/config/options.ts";
import { permissionsOf, spent, targetsOf } from "../../../../core/config/permissions.ts";
import { load } from "./kit.ts";

const full = `[spice]
  port = "5930"
  tls-port = "5931"
  addr = "::"
  x509-key-password = "kkk"
  password = "ppp"
  tls-channel = "default"
  plaintext-channel = "display"
  image-compression = "off"
  agent-mouse = "off"
[ticket]
  expires = "2030-01-31T12:00:00Z"
[guest]
  driver = "replay"
  file = "o.rec"
  uuid = "550e8400-e29b-41d4-a716-446655440000"
  wait-clients = "3"
[device "left"]
  driver = "qxl-vga"
  xres = "1024"
  yres = "768"
[device "right"]
  driver = "qxl"
[chardev "c"]
  backend = "socket"
  host = "::1"
  port = "1"
[chardev "d"]
  backend = "spicevmc"
  name = "vdagent"
[device]
  driver = "virtserialport"
  name = "com.redhat.spice.0"
  chardev = "d"
`;
const files = { "./server-key.pem": "", "./server-cert.pem": "", "o.rec": "" };

Deno.test("the effective settings load again as the same options, but for the secrets", () => {
  const { options } = load({ "a.cfg": full, ...files }, { use: ["a.cfg"] });
  const text = describeOptions(options);
  assertEquals(/kkk|ppp/.test(text), false);
  const again = load({ "b.cfg": text, ...files }, { use: ["b.cfg"] }).options;
  assertEquals(again, {
    ...options,
    tickets: { ...options.tickets, password: "***" },
    tls: options.tls && { ...options.tls, keyPassword: "***" },
  });
  assertEquals(load({ "c.cfg": describeOptions(defaultOptions) }).options, defaultOptions);
});

Deno.test("only who streams what ffmpeg makes may run it", () => {
  const rows = (more: string) => {
    const text = `[spice]\nport = "1"\ndisable-ticketing = "on"\n${more}`;
    const { options } = load({ "a.cfg": text });
    assertEquals(load({ "b.cfg": describeOptions(options) }).options.images, options.images);
    const table = permissionsOf(options, [], null);
    assertEquals(targetsOf(table, []).run, [], "what serves runs nothing");
    return table.filter(({ name }) => name === "run");
  };
  const codecs = 'video-codecs = "gstreamer:vp8;spice:mjpeg"';
  assertEquals(rows(codecs), []);
  assertEquals(rows('streaming-video = "all"'), []);
  assertEquals(rows(`streaming-video = "all"\n${codecs}`), [{
    ...{ name: "run", target: "ffmpeg", until: "end", by: "coding" },
    why: "encodes video: ffmpeg:vp8;spice:mjpeg",
  }]);
});

Deno.test("SASL users are shown by name only", () => {
  const text = '[spice]\ntls-port = "1"\nsasl = "on"\n[sasl]\nuser = "ann:sss"';
  const { options } = load({ "a.cfg": text, ...files }, { use: ["a.cfg"] });
  const shown = describeOptions(options);
  assertEquals([shown.includes("ann:***"), shown.includes("sss")], [true, false]);
});

Deno.test("the table of permissions names every file and address, and how long each is kept", () => {
  const { options } = load({ "a.cfg": full, ...files }, { use: ["a.cfg"] });
  assertEquals(
    describePermissions(permissionsOf(options, ["a.cfg"], "s.png")),
    `# read   a.cfg                      configuration, again at SIGHUP      kept
# net    [::]:5930                  listen for clients                  dropped after start
# net    [::]:5931                  listen for clients, TLS             dropped after start
# read   ./server-key.pem           private key, again when it changes  kept
# read   ./server-cert.pem          certificate, again when it changes  kept
# net    127.0.0.1:5980             listen for browsers                 dropped after start
# read   the program's own modules  the console's page                  dropped after start
# read   o.rec                      recording                           kept
# write  s.png                      screenshot                          dropped after start
`,
  );
});

Deno.test("what may be touched is what the table names, and after the start what is kept of it", () => {
  const { options } = load({ "a.cfg": full, ...files }, { use: ["a.cfg"] });
  const table = permissionsOf(options, ["a.cfg"], "s.png");
  assertEquals(targetsOf(table, ["/modules/"]), {
    net: ["[::]:5930", "[::]:5931", "127.0.0.1:5980"],
    read: ["a.cfg", "./server-key.pem", "./server-cert.pem", "/modules/", "o.rec"],
    write: ["s.png"],
    sys: [],
    run: [],
  });
  assertEquals(spent(table, ["/modules/"]), {
    net: ["[::]:5930", "[::]:5931", "127.0.0.1:5980"],
    read: ["/modules/"],
    write: ["s.png"],
    sys: [],
    run: [],
  });
  const { options: unix } = load({}, { spice: ["unix,addr=/run/s,disable-ticketing"] });
  const { net, read, write, sys } = spent(permissionsOf(unix, [], null), ["/modules/"]);
  assertEquals([net, write, sys], [["unix:/run/s", "127.0.0.1:5980"], [], ["umask"]]);
  assertEquals(read, ["/modules/"]);
});

Deno.test("clients are told an address that they can reach", () => {
  const addresses = (spice: string) =>
    clientAddresses(load(files, { use: [], spice: [`disable-ticketing,${spice}`] }).options);
  assertEquals(addresses("port=1,addr=0.0.0.0"), ["spice://127.0.0.1:1"]);
  assertEquals(addresses("port=1,tls-port=2,addr=::"), ["spice://[::1]:1", "spice+tls://[::1]:2"]);
  assertEquals(addresses("unix,addr=/run/s"), ["spice+unix:///run/s"]);
});
