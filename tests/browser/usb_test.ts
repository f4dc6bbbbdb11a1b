/** WebUSB: a device of the browser's, played in the page, in a real QEMU's guest. */
import { assertEquals } from "@std/assert";
import { defaultWeb } from "../../mod.ts";
import { startAppliance } from "../kit/appliance.ts";
import { eventually } from "../kit/desk.ts";
import { fakeCdc } from "../kit/fake_cdc.ts";
import { needsLinux } from "../kit/initramfs.ts";
import { needs } from "../kit/peers.ts";
import { chardev, QemuGuest } from "../kit/qemu_guest.ts";
import { ignore, openConsole } from "./page.ts";

/** Names the device, talks to it, and says when it is gone. */
const init = `
echo guest-up
while [ ! -c /dev/ttyACM0 ]; do sleep 0.2; done
for d in /sys/bus/usb/devices/*; do
  [ -f $d/product ] && [ "$(cat $d/idProduct)" = 0137 ] &&
    echo "found $(cat $d/idVendor):$(cat $d/idProduct) $(cat $d/bcdDevice) $(cat $d/product), $(cat $d/serial)"
done
stty -F /dev/ttyACM0 raw -echo
exec 3<>/dev/ttyACM0
echo "words from the guest" >&3
head -n 1 <&3
while [ -c /dev/ttyACM0 ]; do sleep 0.2; done
echo "it is gone"
`;

Deno.test({
  name: "a serial adapter of the browser's is enumerated, used and lost by a Linux guest",
  ignore: ignore || needs("qemu-system-x86_64").ignore || needsLinux().ignore,
  async fn() {
    await using qemu = await QemuGuest.start({
      linux: { modules: ["xhci_pci", "cdc_acm"], init },
      args: (folder) => [
        ...chardev(folder, "usb1"),
        ...["-device", "qemu-xhci", "-device", "usb-redir,chardev=usb1"],
      ],
    });
    await using served = await startAppliance({
      characterDevices: [{
        id: "usb1",
        backend: "socket",
        address: { path: qemu.socket("usb1") },
        server: false,
        reconnectSeconds: 1,
      }],
      ports: [{ kind: "usbredir", name: "usb1", chardev: "usb1", filter: null }],
      web: { ...defaultWeb, port: 0 },
    });
    await using browser = await openConsole(served.appliance.console!);
    await eventually(
      () => browser.evaluate(`!document.getElementById("pass-usb").hidden`),
      "the page is connected, and takes USB devices",
      120,
    );
    await qemu.says("guest-up", { seconds: 300 });
    await browser.evaluate(`(() => {
      globalThis.cdc = (${fakeCdc})();
      const usb = Object.assign(new EventTarget(), { requestDevice: () => Promise.resolve(cdc) });
      Object.defineProperty(navigator, "usb", { value: usb });
      document.getElementById("pass-usb").click();
    })()`);
    await qemu.says("found 1d6b:0137 0123 Serial of the tests, 42", { seconds: 180 });
    await qemu.says("WORDS FROM THE GUEST", { seconds: 120 });
    assertEquals(await browser.evaluate("[...new Set(cdc.claimed)]"), [0, 1]);
    assertEquals(await browser.evaluate("cdc.requests.includes(0x22)"), true, "the line is set up");
    await browser.evaluate(`document.querySelector("#usb-devices button").click()`);
    await qemu.says("it is gone", { seconds: 120 });
    await eventually(() => browser.evaluate("!cdc.opened"), "the device is free again");
    assertEquals(browser.console, []);
  },
});
