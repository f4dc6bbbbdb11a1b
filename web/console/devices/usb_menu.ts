/// <reference lib="dom" />
/** USB devices of this computer for the guest, each chosen by the person in the browser's own list. */
import { GuestStream } from "../../client/ports/guest_stream.ts";
import type { StreamId } from "../../client/ports/words.ts";
import type { Usb, UsbDevice } from "../../client/usb/device.ts";
import { UsbHost } from "../../client/usb/host.ts";
import type { Viewer } from "../../client/viewer.ts";
import { item } from "../menu.ts";
import { find, toast } from "../page.ts";

export class UsbMenu {
  readonly #viewer: Viewer;
  readonly #button = find("pass-usb");
  readonly #list = find("usb-devices");
  readonly #passed = new Map<UsbDevice, Passed>();
  #streams: readonly StreamId[] = [];

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
    this.#button.addEventListener("click", () => this.#choose());
    usb()?.addEventListener("disconnect", (event) => {
      const { device } = event as unknown as { device: UsbDevice };
      this.#passed.get(device)?.end("");
    });
  }

  /** The guest's streams, in this session. */
  set ports(streams: readonly StreamId[]) {
    this.#streams = streams.filter(({ kind }) => kind === "usbredir");
    this.#button.hidden = this.#streams.length === 0;
  }

  /** Gives the device to the guest. */
  pass(device: UsbDevice): void {
    const used = new Set([...this.#passed.values()].map(({ id }) => id));
    const stream = this.#streams.find(({ id }) => !used.has(id));
    if (this.#passed.has(device)) return toast("The guest has this device already");
    if (!stream) return toast("All of the guest's USB ports are taken");
    const name = device.productName || `${hex(device.vendorId)}:${hex(device.productId)}`;
    const line = item(`Take back ${name}`, () => passed.end(""));
    const passed: Passed = new Passed(this.#viewer, stream, device, {
      up: () => toast(`The guest has ${name}`),
      over: (why) => {
        this.#passed.delete(device);
        line.remove();
        toast(why === "" ? `${name} is yours again` : `${name}: ${why}`);
      },
    });
    this.#passed.set(device, passed);
    this.#list.append(line);
  }

  async #choose(): Promise<void> {
    const api = usb();
    if (!api) return toast("This browser cannot pass USB devices on; Chromium and its kin can");
    try {
      this.pass(await api.requestDevice({ filters: [] }));
    } catch (error) {
      // nothing was chosen
      if ((error as Error).name !== "NotFoundError") {
        toast(`No device: ${(error as Error).message}`);
      }
    }
  }
}

const usb = () => (navigator as { usb?: Usb }).usb;
const hex = (id: number) => id.toString(16).padStart(4, "0");

/** One device that the guest has, in one of its ports. */
class Passed {
  /** The channel's. */
  readonly id: number;
  readonly #device: UsbDevice;
  readonly #host: { up(): void; over(why: string): void };
  readonly #stream: GuestStream;
  #usb: UsbHost | null = null;
  #over = false;

  constructor(
    viewer: Viewer,
    stream: StreamId,
    device: UsbDevice,
    host: { up(): void; over(why: string): void },
  ) {
    this.id = stream.id;
    this.#device = device;
    this.#host = host;
    this.#stream = new GuestStream(viewer.stream(stream), {
      linked: () => this.#begin(),
      opened: () => {},
      data: (bytes) => this.#receive(bytes),
      // the session may be back soon: the device is plugged in again then
      gone: () => {
        this.#usb?.end();
        this.#usb = null;
      },
    });
  }

  async end(why: string): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#usb?.end();
    this.#stream.close();
    this.#host.over(why);
  }

  #begin(): void {
    this.#usb = new UsbHost(this.#device, {
      send: (bytes) => this.#stream.write(bytes),
      refused: () => this.end("The guest takes no such devices"),
      failed: (why) => this.end(why),
    });
    this.#usb.begin();
    this.#host.up();
  }

  #receive(bytes: Uint8Array): Promise<void> | void {
    try {
      return this.#usb?.receive(bytes)?.then(() => {});
    } catch (error) {
      this.end(error instanceof Error ? error.message : `${error}`);
    }
  }
}
