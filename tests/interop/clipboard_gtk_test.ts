/** Clipboard text both ways between the demo desktop and real clients, with no agent in any guest. */
import { assertEquals } from "@std/assert";
import { mono } from "../../qxl/drivers/demo/font.ts";
import { startAppliance } from "../kit/appliance.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { needs, run } from "../kit/peers.ts";
import { GuestWindow } from "../kit/window.ts";

for (const viewer of ["spicy", "remote-viewer"]) {
  Deno.test({
    name:
      `${viewer} pastes into the demo desktop what was copied beside it, and the other way round`,
    ...needs(viewer, "Xvfb", "xdotool", "import", "xclip"),
    async fn() {
      await using served = await startAppliance();
      await using desk = await Desk.open("1280x1024");
      const { port } = served;
      if (viewer === "remote-viewer") desk.start(viewer, `spice://127.0.0.1:${port}`);
      else {
        desk.start(viewer, "-h", "127.0.0.1", "-p", `${port}`);
        const shown = async () => (await desk.windows("spice display")).length > 0;
        await eventually(shown, "spicy is there");
        const [window] = await desk.windows("spice display");
        await desk.hand("windowsize", window, "1024", "859");
      }
      const window = await GuestWindow.find(desk, served.appliance);
      await window.click(await window.reads("Type here:", mono));
      await desk.hand("key", "ctrl+l");

      const file = await Deno.makeTempFile();
      try {
        await Deno.writeTextFile(file, "copied beside");
        desk.start("xclip", "-selection", "clipboard", "-quiet", file);
        // the client hears of it in its own time: paste until it has come
        await eventually(
          async () => {
            await desk.hand("key", "ctrl+l", "key", "ctrl+v");
            return await window.reads("copied beside", mono).then(() => true, () => false);
          },
          "it is pasted",
          60,
        );
      } finally {
        await Deno.remove(file);
      }

      await desk.hand("key", "ctrl+l", "type", "--delay", "20", "written in the guest");
      await window.reads("written in the guest", mono);
      await desk.hand("key", "ctrl+c");
      const env = { DISPLAY: desk.display };
      await eventually(
        async () => {
          const args = ["-selection", "clipboard", "-o"];
          const { out } = await run("xclip", args, { env, fails: true, seconds: 20 });
          return out === "written in the guest";
        },
        "it is in the clipboard beside",
        60,
      );
      assertEquals(served.log.filter((line) => /"level":"(warn|error)"/.test(line)), []);
    },
  });
}
