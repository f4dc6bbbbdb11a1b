/** Xspice: Xorg with the driver spiceqxl, on a screen of 1280 × 800. */
import { eventually } from "../kit/desk.ts";
import { freePorts } from "../kit/program.ts";
import type { Screen } from "./x11_bench.ts";

/** Every option stands there: with Xorg 21.1 those left out are read as 0, and it aborts. */
const options = (port: number) => ({
  SpicePort: port,
  SpiceTlsPort: 0,
  SpiceAddr: "127.0.0.1",
  SpiceDisableTicketing: true,
  SpiceSasl: false,
  SpiceIPV4Only: true,
  SpiceIPV6Only: false,
  SpiceExitOnDisconnect: false,
  SpiceZlibGlzWanCompression: "auto",
  SpiceJpegWanCompression: "auto",
  SpiceImageCompression: "auto_glz",
  SpiceStreamingVideo: "filter",
  SpiceDeferredFPS: 0,
  SpiceVdagentEnabled: false,
  SpiceAgentMouse: true,
  SpicePlaybackCompression: true,
  SpiceDisableCopyPaste: false,
  NumHeads: 1,
  EnableImageCache: true,
  EnableFallbackCache: true,
  EnableSurfaces: true,
  SurfaceBufferSize: 128,
  CommandBufferSize: 128,
  FrameBufferSize: 16,
});

const config = (port: number) => `
Section "Device"
  Identifier "card"
  Driver "spiceqxl"
${Object.entries(options(port)).map(([key, value]) => `  Option "${key}" "${value}"`).join("\n")}
EndSection
Section "InputDevice"
  Identifier "pointer"
  Driver "xspice pointer"
EndSection
Section "InputDevice"
  Identifier "keyboard"
  Driver "xspice keyboard"
EndSection
Section "Monitor"
  Identifier "monitor"
EndSection
Section "Screen"
  Identifier "screen"
  Monitor "monitor"
  Device "card"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1280x800"
  EndSubSection
EndSection
Section "ServerLayout"
  Identifier "layout"
  Screen "screen"
  InputDevice "keyboard"
  InputDevice "pointer"
EndSection
Section "ServerFlags"
  Option "AutoAddDevices" "False"
EndSection
`;

export async function xspice(): Promise<Screen> {
  const [port] = freePorts(1);
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/xorg.conf`, config(port));
  const display = `:${1000 + crypto.getRandomValues(new Uint16Array(1))[0] % 50_000}`;
  const files = ["-config", `${folder}/xorg.conf`, "-logfile", `${folder}/log`];
  const server = new Deno.Command("Xorg", {
    args: [display, ...files, "-noreset", "-nolisten", "tcp"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await eventually(async () => {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      (await Deno.connect({ transport: "unix", path: `/tmp/.X11-unix/X${display.slice(1)}` }))
        .close();
      return true;
    } catch {
      return false;
    }
  }, "Xspice listens");
  return {
    port,
    env: { DISPLAY: display },
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await server.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
