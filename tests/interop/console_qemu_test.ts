/** The console is a SPICE client, and not only ours: it shows QEMU's guest, served by libspice-server. */
import { assert, assertEquals } from "@std/assert";
import { canvasOf, openConsole } from "../browser/page.ts";
import { eventually } from "../kit/desk.ts";
import { needs } from "../kit/peers.ts";
import { joinPort, serveConsole } from "../kit/web_console.ts";

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "the console shows what QEMU's firmware writes, through libspice-server",
  ...needs("qemu-system-x86_64", "chromium"),
  async fn() {
    const port = freePort();
    await using qemu = new Deno.Command("qemu-system-x86_64", {
      args: [
        ...["-machine", "pc", "-m", "64", "-display", "none", "-vga", "qxl", "-net", "none"],
        ...["-spice", `port=${port},addr=127.0.0.1,disable-ticketing=on`],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await eventually(() => listens(port), "QEMU listens");
    await using console = await serveConsole(joinPort(port));
    await using browser = await openConsole(console.web.address);
    const lit = async () => (await canvasOf(browser)).pixels.filter((p) => p !== 0).length;
    // some hundred letters on black
    await eventually(async () => await lit() > 3000, "the firmware's words are on the canvas");
    const { dropped, images } = await browser.evaluate("viewer.stats()");
    assertEquals(dropped, 0);
    assert(Object.keys(images).length > 0);
    qemu.kill("SIGKILL");
    await qemu.status;
    const state = () => browser.evaluate("document.body.dataset.state");
    await eventually(async () => await state() === "waiting", "the page says that it is gone");
  },
});
