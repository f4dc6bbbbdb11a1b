/** A folder of the browser's in the guest: curl is the guest's program (tests/interop/webdav_test.ts has more of them). */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { defaultWeb } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import type { Chromium } from "../kit/chromium.ts";
import { eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { WebdavGuest } from "../kit/webdav_guest.ts";
import { ignore, openConsole } from "./page.ts";

const MUCH = 3_000_000;
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const much = Uint8Array.from({ length: MUCH }, (_, i) => i * i >> 7);

/** A folder in the page's own file system stands for one that a person would choose. */
const fill = `(async () => {
  const root = await navigator.storage.getDirectory();
  const folder = globalThis.folder = await root.getDirectoryHandle("shared", { create: true });
  const write = async (into, name, what) => {
    const file = await (await into.getFileHandle(name, { create: true })).createWritable();
    await file.write(what);
    await file.close();
  };
  await write(folder, "hello.txt", "hello from the browser\\n");
  await write(folder, "ümläut & <tag>.txt", "odd");
  await write(folder, "much.bin", Uint8Array.from({ length: ${MUCH} }, (_, i) => i * i >> 7));
  const inner = await folder.getDirectoryHandle("inner", { create: true });
  await write(inner, "deep.txt", "deep");
})()`;

const names = (browser: Chromium): Promise<string[]> =>
  browser.evaluate(
    `(async () => { const all = []; for await (const one of folder.keys()) all.push(one); return all.sort(); })()`,
  );

async function run(command: string, args: string[]) {
  const { stdout } = await new Deno.Command(command, { args, env: { HOME: "/nonexistent" } })
    .output();
  return { bytes: stdout, out: new TextDecoder().decode(stdout) };
}

Deno.test({
  name: "a program in the guest uses a folder that the browser shares, read only unless allowed",
  ignore: ignore || needs("curl").ignore,
  async fn() {
    const place = await Deno.makeTempDir({ prefix: "folder-" });
    using _gone = { [Symbol.dispose]: () => Deno.removeSync(place, { recursive: true }) };
    await using guest = new WebdavGuest(`${place}/dav.sock`);
    await using served = await startAppliance({
      characterDevices: [{
        id: "dav",
        backend: "socket",
        address: { path: `${place}/dav.sock` },
        server: false,
        reconnectSeconds: 1,
      }],
      ports: [{ kind: "webdav", name: "org.spice-space.webdav.0", chardev: "dav", filter: null }],
      web: { ...defaultWeb, port: 0 },
    });
    await using browser = await openConsole(served.appliance.console!);
    await eventually(
      () => browser.evaluate(`!document.getElementById("share-folder").hidden`),
      "the page is connected, and a folder can be shared",
      120,
    );
    await browser.evaluate(fill);
    const curl = (path: string, ...args: string[]) =>
      run("curl", ["-sS", "--max-time", "120", ...args, guest.address + path]);
    const status = async (path: string, ...args: string[]) =>
      (await curl(path, "-o", "/dev/null", "-w", "%{http_code}", ...args)).out;

    await browser.evaluate("devices.folder.share(folder, false)");
    await eventually(
      async () => await status("hello.txt", "--max-time", "5") === "200",
      "the guest can see it",
      120,
    );
    const list = (await curl("", "-X", "PROPFIND", "-H", "depth: 1")).out;
    for (
      const name of ["hello.txt", "much.bin", "inner/", encodeURIComponent("ümläut & <tag>.txt")]
    ) {
      assertStringIncludes(list, `<D:href>/${name}</D:href>`);
    }
    assertEquals((await curl("hello.txt")).out, "hello from the browser\n");
    assertEquals(md5((await curl("much.bin")).bytes), md5(much), "all of it");
    const change = ["-T", `${place}/new`];
    await Deno.writeFile(`${place}/new`, much);
    assertEquals(await status("new.bin", ...change), "403");

    await browser.evaluate("devices.folder.share(folder, true)");
    const allows = async () => (await curl("", "-X", "OPTIONS", "-D", "-", "--max-time", "5")).out;
    await eventually(async () => (await allows()).includes("dav: 1, 2"), "it may write", 120);
    assertEquals(await status("new.bin", ...change), "201");
    const digest = `folder.getFileHandle("new.bin").then((file) => file.getFile())
      .then((file) => file.arrayBuffer()).then((bytes) => crypto.subtle.digest("SHA-256", bytes))
      .then((digest) => new Uint8Array(digest).toHex())`;
    assertEquals(
      await browser.evaluate(digest),
      createHash("sha256").update(much).digest("hex"),
      "what the guest wrote is in the browser's folder",
    );
    assertEquals(await status("hello.txt", "-X", "DELETE"), "204");
    assertEquals(await names(browser), ["inner", "much.bin", "new.bin", "ümläut & <tag>.txt"]);

    await browser.evaluate("devices.folder.end()");
    await eventually(
      () => browser.evaluate(`document.getElementById("share-folder").textContent.includes("…")`),
      "it is over",
    );
    assertEquals(browser.console, []);
  },
});
