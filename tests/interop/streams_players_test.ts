/** Films that a player shows in a guest, whose screen comes in whatever rectangles X and RFB servers report. */
import { assert, assertEquals } from "@std/assert";
import { encodeJpeg } from "../../core/codecs/jpeg/mod.ts";
import { areaOf, intersection, type Rect } from "../../core/raster/rect.ts";
import type { GuestOptions } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { Desk, eventually } from "../kit/desk.ts";
import { gtkPicture, shot } from "../kit/gtk_picture.ts";
import { needs } from "../kit/peers.ts";
import type { Picture } from "../kit/png.ts";
import { freePorts } from "../kit/program.ts";
import { cut } from "../kit/reading.ts";
import { film, framesOf, pictures } from "../kit/video360.ts";

const size = { width: film.right - film.left, height: film.bottom - film.top };
/** Where the player's window is: there is nobody who would move it. */
const window: Rect = { top: 0, left: 0, bottom: size.height, right: size.width };
/** On a busy machine most frames are left out. */
const PLAY_MS = 5000;

interface Guest {
  readonly desk: Desk;
  readonly options: Partial<GuestOptions>;
}

async function xvnc(): Promise<Guest> {
  const [port] = freePorts(1);
  const where = ["-rfbport", `${port}`, "-localhost", "-SecurityTypes", "None"];
  const desk = await Desk.of("Xtigervnc", ...where, "-geometry", "800x600", "-depth", "24");
  const vnc = [{ host: "127.0.0.1", port }];
  return { desk, options: { driver: "rfb", vnc, qmp: null, tls: null, audio: false } };
}

async function xvfb(): Promise<Guest> {
  const desk = await Desk.open("800x600");
  const { display } = desk;
  return { desk, options: { driver: "x11", display, xauthority: null, command: null } };
}

for (
  const [name, open, program] of [
    ["in Xvnc", xvnc, "Xtigervnc"],
    ["on an X display", xvfb, "Xvfb"],
  ] as const
) {
  Deno.test({
    name:
      `spice-gtk gets a film that GStreamer plays ${name} as a stream, and then the guest's pixels`,
    ignore: shot === null || needs(program, "gst-launch-1.0", "xdotool", "import").ignore,
    async fn() {
      const folder = await Deno.makeTempDir();
      const { desk, options } = await open();
      await using _ = desk;
      try {
        for (const [i, data] of pictures(30).entries()) {
          const rows = { format: "bit32", ...size, stride: size.width * 4, topDown: true } as const;
          const file = `${folder}/${String(i).padStart(3, "0")}.jpg`;
          await Deno.writeFile(file, encodeJpeg({ ...rows, data }, 90));
        }
        const source = [`location=${folder}/%03d.jpg`, "caps=image/jpeg,framerate=20/1"];
        const sink = ["!", "jpegdec", "!", "videoconvert", "!", "ximagesink"];
        const from = ["multifilesrc", ...source, "loop=true"];
        const player = desk.start("gst-launch-1.0", ...from, ...sink);
        await eventually(async () => (await desk.colours()) > 1000, "the film plays", 60);
        await desk.hand("mousemove", "790", "590");
        const images = { compression: "auto_glz", jpegWan: "never", zlibGlzWan: "never" } as const;
        await using served = await startAppliance({
          guest: { name: null, uuid: null, ...options } as GuestOptions,
          images: { ...images, streamingVideo: "all" },
        }, "debug");
        const shown = gtkPicture(served.port, 10_000);
        const began = () => served.log.find((line) => line.includes("stream-began"));
        await eventually(() => began() !== undefined, "a stream began", 60);
        await new Promise((wake) => setTimeout(wake, PLAY_MS));
        player.kill("SIGKILL");
        const picture = await shown;
        // it may begin with the part that was damaged together, and grow
        const where = served.log.findLast((line) => /stream-(began|moved)/.test(line))!;
        const rect: Rect = JSON.parse(where);
        const common = areaOf(intersection(rect, window));
        assert(common > 0.9 * areaOf(window) && common > 0.9 * areaOf(rect), where);
        assert(framesOf(served) > 0, "frames were sent");
        const part = (all: Picture) => cut(all, { x: 0, y: 0 }, size).pixels;
        assertEquals(part(picture), part(await desk.picture()));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
