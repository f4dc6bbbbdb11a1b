/** The console's list of people tells what is carried into whose network. */
import { defaultWeb } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { freePorts } from "../kit/program.ts";
import { ignore, openConsole, shown } from "./page.ts";

Deno.test({
  name: "the console says that nobody carries a tunnel, and where USB devices may come",
  ignore,
  async fn() {
    const [tunnel, usb, qemu] = freePorts(3);
    const at = (port: number) => ({ host: "127.0.0.1", port });
    await using served = await startAppliance({
      web: { ...defaultWeb, port: 0 },
      tunnels: [{ name: "printer", listen: at(tunnel), target: at(9100) }],
      characterDevices: [
        { id: "stick", backend: "socket", address: at(qemu), server: false, reconnectSeconds: 5 },
      ],
      usb: [{ listen: [at(usb)], chardevs: ["stick"], filter: null }],
    });
    await using browser = await openConsole(served.appliance.console!);
    await shown(browser);
    const wanted = [
      "Tunnel printer to 127.0.0.1:9100: nobody carries it",
      `USB at 127.0.0.1:${usb}: no device`,
    ];
    await eventually(
      async () => {
        const said: string[] = await browser.evaluate(
          `[...document.querySelectorAll("#links-list p")].map(({ textContent }) => textContent)`,
        );
        return said.join("\n") === wanted.join("\n");
      },
      "both are told",
      60,
    );
  },
});
