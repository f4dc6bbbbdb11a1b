/** TigerVNC's Xvnc as a guest: its pixels, pointer, keys, sizes, clipboard, passwords and certificates. */
import { assertEquals } from "@std/assert";
import { createCipheriv } from "node:crypto";
import { Desk, eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { pkiFile } from "../kit/pki.ts";
import { assertSamePixels } from "../kit/png.ts";
import { freePorts } from "../kit/program.ts";
import { type Remote, startRemote, tap } from "../kit/remote.ts";

const xvnc = "Xtigervnc";
const tools = needs(xvnc, "xterm", "xdotool", "import", "setxkbmap", "xrandr", "xsetroot");

interface Served extends AsyncDisposable {
  readonly desk: Desk;
  readonly port: number;
  readonly path: string;
}

/** Xvnc on a TCP port, or on a Unix socket. */
async function serve(
  { size = "640x480", unix = false, args = ["-SecurityTypes", "None"] } = {},
): Promise<Served> {
  const [port] = freePorts(1);
  const folder = await Deno.makeTempDir();
  const path = `${folder}/vnc.sock`;
  const where = unix ? ["-rfbunixpath", path] : ["-rfbport", `${port}`, "-localhost"];
  const desk = await Desk.of(xvnc, ...where, "-geometry", size, "-depth", "24", ...args);
  return {
    desk,
    port,
    path,
    async [Symbol.asyncDispose]() {
      await desk[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const shell = ["-e", "sh", "-c", "stty -echo; cat"];

/** Waits until the guest's screen is the server's; says where they differ if they never are. */
async function assertSame(desk: Desk, remote: Remote): Promise<void> {
  const same = async () => {
    const [a, b] = [await desk.picture(), await remote.picture()];
    return a.width === b.width && a.pixels.every((pixel, i) => pixel === b.pixels[i]);
  };
  // looked at again they may be others already
  await eventually(same, "the pixels are the server's", 20).catch(async () =>
    assertSamePixels(await remote.picture(), await desk.picture())
  );
}

const ways = {
  "as they are on a Unix socket": null,
  "over TCP": "127.0.0.1",
  // an address that is not known to be this machine's
  "packed and without being asked for, as from far away": "0.0.0.0",
};

for (const [how, host] of Object.entries(ways)) {
  Deno.test({
    name: `Xvnc's pixels are the guest's, ${how}`,
    ...tools,
    async fn() {
      await using served = await serve({ unix: host === null });
      const { desk, port, path } = served;
      await using remote = await startRemote([host === null ? { path } : { host, port }]);
      await remote.sized(640, 480);
      await desk.run("xsetroot", "-mod", "7", "5", "-fg", "#c04010", "-bg", "#205080");
      await assertSame(desk, remote);
      desk.start("xterm", "-geometry", "80x24+10+10", "-cr", "red", "+bc", "-e", "sh", "-i");
      await eventually(async () => (await desk.hand("search", "--class", "xterm")) !== "", "xterm");
      // Xvnc draws the cursor of a client whose hand did not move it into the picture
      remote.guest.pointer.position(100, 100, 0, 0);
      await assertSame(desk, remote);
      await desk.hand("type", "--delay", "5", "seq 1 300; ls -la /usr/bin | head -40\n");
      await assertSame(desk, remote);
      // windows that move make CopyRect
      const [window] = (await desk.hand("search", "--class", "xterm")).split("\n");
      for (const at of [["60", "90"], ["-30", "40"], ["200", "-20"]]) {
        await desk.hand("windowmove", window, ...at);
        await assertSame(desk, remote);
      }
    },
  });
}

Deno.test({
  name: "keys typed into Xvnc arrive with a US and a German layout, the pointer where it was put",
  ...tools,
  async fn() {
    await using served = await serve({ args: ["-SecurityTypes", "None", "-RawKeyboard=1"] });
    const { desk, port } = served;
    await using remote = await startRemote([{ host: "127.0.0.1", port }]);
    await remote.sized(640, 480);
    const file = await Deno.makeTempFile();
    await Deno.chmod(file, 0o666);
    for (const [layout, typed] of [["us", "yz;[-="], ["de", "zyöüß´"]] as const) {
      await desk.run("setxkbmap", layout);
      const xterm = desk.start("xterm", "-en", "UTF-8", "-e", "sh", "-c", `cat > ${file}`);
      let window = "";
      await eventually(async () => {
        [window] = (await desk.hand("search", "--onlyvisible", "--class", "xterm")).split("\n");
        return window !== "";
      }, "xterm is there");
      await desk.hand("windowfocus", window);
      // y z ; [ - = of a US keyboard, which says the same keys twice if it must
      const want = typed.replace("´", "");
      await eventually(async () => {
        tap(remote.guest, 0x15, 0x2c, 0x27, 0x1a, 0x0c);
        if (layout === "us") tap(remote.guest, 0x0d);
        tap(remote.guest, 0x1c);
        await new Promise((wake) => setTimeout(wake, 500));
        return (await Deno.readTextFile(file)).split("\n").includes(want);
      }, `${layout} keys arrive as ${want}`).catch(async (error) => {
        throw new Error(`${error.message}: ${JSON.stringify(await Deno.readTextFile(file))}`);
      });
      xterm.kill("SIGKILL");
    }
    const { pointer } = remote.guest;
    assertEquals(pointer.absolute, true);
    pointer.position(321, 123, 0, 0);
    await eventually(
      async () => (await desk.hand("getmouselocation")).startsWith("x:321 y:123"),
      "the pointer is at 321, 123",
    );
    pointer.motion(-21, 7, 0);
    await eventually(
      async () => (await desk.hand("getmouselocation")).startsWith("x:300 y:130"),
      "the pointer moved by -21, 7",
    );
    await Deno.remove(file);
  },
});

Deno.test({
  name: "Xvnc's size changes from either side, and its cursor is shown",
  ...tools,
  async fn() {
    await using served = await serve();
    const { desk, port } = served;
    await using remote = await startRemote([{ host: "127.0.0.1", port }]);
    await remote.sized(640, 480);
    await desk.run("xrandr", "-s", "800x600");
    await remote.sized(800, 600);
    await desk.run("xsetroot", "-solid", "#336699");
    await assertSame(desk, remote);
    const [display] = remote.guest.displays;
    assertEquals(display.requestMonitors([{ x: 0, y: 0, width: 1000, height: 700 }]), true);
    await remote.sized(1000, 700);
    await assertSame(desk, remote);

    desk.start("xterm", "-geometry", "100x40+0+0", ...shell);
    const { pointer } = remote.guest;
    pointer.position(200, 200, 0, 0);
    const shape = () => display.cursor.shape?.header;
    await eventually(() => shape() !== undefined, "there is a cursor");
    const before = shape()!.unique;
    await desk.run("xsetroot", "-cursor_name", "watch");
    pointer.position(950, 690, 0, 0);
    await eventually(() => shape()?.unique !== before, "there is another cursor");
    const pixels = display.cursor.shape!.data;
    assertEquals(pixels.some((byte, i) => i % 4 === 3 && byte === 255), true);
  },
});

/** What TigerVNC keeps in a password file: DES under a key that everybody knows. */
function passwordFile(password: string): Uint8Array {
  const known = [23, 82, 107, 6, 35, 78, 88, 7];
  const mirrored = known.map((byte) =>
    parseInt(byte.toString(2).padStart(8, "0").split("").reverse().join(""), 2)
  );
  const key = new Uint8Array([...mirrored, ...mirrored, ...mirrored]);
  const cipher = createCipheriv("des-ede3-cbc", key, new Uint8Array(8));
  cipher.setAutoPadding(false);
  const plain = new Uint8Array(8);
  new TextEncoder().encodeInto(password.slice(0, 8), plain);
  return cipher.update(plain);
}

Deno.test({
  name: "Xvnc lets in who has the password, and who believes its certificate",
  ...tools,
  async fn() {
    const secret = await Deno.makeTempFile();
    await Deno.writeFile(secret, passwordFile("geheim99"));
    const certificate = [
      ["-X509Key", pkiFile("server-key.pem")],
      ["-X509Cert", pkiFile("v3-cert.pem")],
      ["-rfbauth", secret],
    ].flat();
    const right = { caFile: pkiFile("ca-cert.pem"), hostName: "localhost" };
    const cases = [
      { types: "VncAuth", password: "geheim99", tls: null, because: null },
      { types: "VncAuth", password: "wrong", tls: null, because: /does not let us in/ },
      { types: "VncAuth", password: null, tls: null, because: /password-secret/ },
      { types: "X509None", password: null, tls: right, because: null },
      { types: "X509Vnc", password: "geheim99", tls: right, because: null },
      { types: "X509Vnc", password: "wrong", tls: right, because: /does not let us in/ },
      {
        types: "X509None",
        password: null,
        tls: { ...right, caFile: pkiFile("other-ca-cert.pem") },
        because: /not to be believed/,
      },
      {
        types: "X509None",
        password: null,
        tls: { ...right, hostName: "elsewhere" },
        because: /not to be believed/,
      },
      { types: "None", password: null, tls: right, because: /remove tls-ca-file/ },
    ];
    for (const { types, password, tls, because } of cases) {
      await using served = await serve({ args: ["-SecurityTypes", types, ...certificate] });
      const vnc = [{ host: "127.0.0.1", port: served.port }];
      await using remote = await startRemote(vnc, { password, tls });
      const what = `${types} with ${password}: ${because}`;
      if (because) await eventually(() => remote.reasons.some((r) => because.test(r)), what);
      else await eventually(() => remote.guest.power.state === "running", what);
    }
    await Deno.remove(secret);
  },
});

Deno.test({
  name:
    "another server in the place of one is shown, of whatever size, depth and security; none of them is lost",
  ...tools,
  async fn() {
    const folder = await Deno.makeTempDir(), path = `${folder}/vnc.sock`;
    const secret = `${folder}/password`;
    await Deno.writeFile(secret, passwordFile("geheim99"));
    await using remote = await startRemote([{ path }]);
    const states: string[] = [];
    remote.guest.power.onState((state) => states.push(state));
    const because = (reason: RegExp) =>
      eventually(() => remote.reasons.some((said) => reason.test(said)), `${reason}`);
    const refused: [string[], RegExp][] = [
      [["-SecurityTypes", "VncAuth", "-rfbauth", secret], /password-secret/],
      [["-SecurityTypes", "TLSNone"], /tls-ca-file/],
    ];
    const servers = [
      { size: [640, 480], depth: "24" },
      { size: [1000, 700], depth: "16", refusal: refused[0] },
      { size: [801, 603], depth: "24", refusal: refused[1] },
      { size: [640, 480], depth: "16" },
    ];
    const open = async (...args: string[]) => {
      await Deno.remove(path).catch(() => {});
      return await Desk.of(xvnc, "-rfbunixpath", path, ...args);
    };
    for (const { size: [width, height], depth, refusal } of servers) {
      {
        const shape = ["-geometry", `${width}x${height}`, "-depth", depth];
        await using desk = await open(...shape, "-SecurityTypes", "None");
        await remote.sized(width, height);
        await eventually(() => remote.guest.power.state === "running", "it is there");
        await desk.run("xsetroot", "-mod", "7", "5", "-fg", "#ff0000", "-bg", "#0000ff");
        await assertSame(desk, remote);
      }
      await eventually(() => remote.guest.power.state === "off", "it is gone");
      if (!refusal) continue;
      await using _ = await open("-geometry", "900x500", ...refusal[0]);
      await because(refusal[1]);
    }
    assertEquals(states, servers.flatMap(() => ["running", "off"]));
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "text goes from Xvnc's clipboard to clients and from clients to it",
  ...needs(xvnc, "xclip"),
  async fn() {
    await using served = await serve();
    const { desk, port } = served;
    await using remote = await startRemote([{ host: "127.0.0.1", port }]);
    await remote.sized(640, 480);
    const { clipboard } = remote.guest;
    let offered: readonly string[] = [];
    clipboard.onOffer((_, types) => offered = types);
    const text = "Grüße, 世界\nzweite Zeile";
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, text);
    // what is copied before both have said what they can comes in Latin-1, or not at all: it is copied anew
    await eventually(async () => {
      offered = [];
      desk.start("xclip", "-quiet", "-selection", "clipboard", "-i", file);
      await eventually(() => offered.includes("text"), "the guest offers text", 3).catch(() => {});
      const read = offered.includes("text") ? await clipboard.read("clipboard", "text") : null;
      return read !== null && new TextDecoder().decode(read) === text;
    }, "the guest offers text, and gives it");

    clipboard.offer(
      "clipboard",
      ["text"],
      () => Promise.resolve(new TextEncoder().encode("from a client: öäü\nline 2")),
    );
    await eventually(
      async () =>
        await desk.run("xclip", "-selection", "clipboard", "-o") === "from a client: öäü\nline 2",
      "Xvnc's clipboard has the client's text",
    );
    await Deno.remove(file);
  },
});
