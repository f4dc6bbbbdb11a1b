/**
 * A serial adapter that is not there, as WebUSB has it: what is written comes back in capitals.
 * Nothing outside of the function is used, so that its text can be run in a page.
 * Source of truth: USB Class Definitions for Communications Devices 1.2, PSTN subclass.
 */
export function fakeCdc() {
  const le = (n: number) => [n & 0xff, n >> 8];
  const NOTIFY = 0x83, IN = 0x81, OUT = 0x02;
  const strings = ["", "spice-appliance", "Serial of the tests", "42"];
  const deviceDescriptor = [18, 1, ...le(0x0200), 2, 0, 0, 64, ...le(0x1d6b), ...le(0x0137)]
    .concat(le(0x0123), [1, 2, 3, 1]);
  const inside = [9, 4, 0, 0, 1, 2, 2, 1, 0]
    .concat([5, 0x24, 0, ...le(0x0110)], [5, 0x24, 1, 0, 1], [4, 0x24, 2, 2], [5, 0x24, 6, 0, 1])
    .concat([7, 5, NOTIFY, 3, ...le(16), 9])
    .concat([9, 4, 1, 0, 2, 10, 0, 0, 0])
    .concat([7, 5, IN, 2, ...le(512), 0], [7, 5, OUT, 2, ...le(512), 0]);
  const configuration = [9, 2, ...le(9 + inside.length), 2, 1, 0, 0x80, 50, ...inside];
  const endpoint = (address: number, type: string, packetSize: number) => ({
    endpointNumber: address & 15,
    direction: address & 0x80 ? "in" : "out",
    type,
    packetSize,
  });
  const interfaces = [
    {
      interfaceNumber: 0,
      alternate: {
        alternateSetting: 0,
        interfaceClass: 2,
        interfaceSubclass: 2,
        interfaceProtocol: 1,
        endpoints: [endpoint(NOTIFY, "interrupt", 16)],
      },
    },
    {
      interfaceNumber: 1,
      alternate: {
        alternateSetting: 0,
        interfaceClass: 10,
        interfaceSubclass: 0,
        interfaceProtocol: 0,
        endpoints: [endpoint(IN, "bulk", 512), endpoint(OUT, "bulk", 512)],
      },
    },
  ];
  const ready: number[] = [];
  const asked: { length: number; give: (result: unknown) => void }[] = [];
  const view = (bytes: readonly number[]) => new DataView(Uint8Array.from(bytes).buffer);
  const give = () => {
    while (ready.length > 0 && asked.length > 0) {
      const { length, give } = asked.shift()!;
      give({ status: "ok", data: view(ready.splice(0, length)) });
    }
  };
  const descriptor = (value: number): number[] | null => {
    const index = value & 0xff;
    if (value >> 8 === 1) return deviceDescriptor;
    if (value >> 8 === 2) return configuration;
    if (value >> 8 === 6) return [10, 6, ...le(0x0200), 2, 0, 0, 64, 1, 0];
    if (value >> 8 !== 3 || index >= strings.length) return null;
    const letters = index === 0
      ? le(0x0409)
      : [...strings[index]].flatMap((letter) => le(letter.charCodeAt(0)));
    return [letters.length + 2, 3, ...letters];
  };
  const config = { configurationValue: 1, interfaces };
  const device = {
    vendorId: 0x1d6b,
    productId: 0x0137,
    deviceClass: 2,
    deviceSubclass: 0,
    deviceProtocol: 0,
    deviceVersionMajor: 1,
    deviceVersionMinor: 2,
    deviceVersionSubminor: 3,
    usbVersionMajor: 2,
    productName: strings[2],
    opened: false,
    configuration: config as typeof config | null,
    configurations: [config],
    /** Interfaces that were claimed; requests of classes. */
    claimed: [] as number[],
    requests: [] as number[],
    open() {
      device.opened = true;
      return Promise.resolve();
    },
    close() {
      device.opened = false;
      for (const { give } of asked.splice(0)) give({ status: "stall" });
      return Promise.resolve();
    },
    reset: () => Promise.resolve(),
    selectConfiguration: () => Promise.resolve(),
    claimInterface(number: number) {
      device.claimed.push(number);
      return Promise.resolve();
    },
    selectAlternateInterface: () => Promise.resolve(),
    clearHalt: () => Promise.resolve(),
    controlTransferIn(
      setup: { requestType: string; request: number; value: number },
      length: number,
    ) {
      if (setup.requestType === "class") {
        device.requests.push(setup.request);
        return Promise.resolve({ status: "ok", data: view([0, 0xc2, 1, 0, 0, 0, 8]) });
      }
      const bytes = setup.request === 6
        ? descriptor(setup.value)
        : setup.request === 0
        ? [0, 0]
        : null;
      return Promise.resolve(
        bytes ? { status: "ok", data: view(bytes.slice(0, length)) } : { status: "stall" },
      );
    },
    controlTransferOut(setup: { requestType: string; request: number }, data?: BufferSource) {
      if (setup.requestType === "class") device.requests.push(setup.request);
      return Promise.resolve({ status: "ok", bytesWritten: data?.byteLength ?? 0 });
    },
    transferIn(number: number, length: number) {
      return new Promise((give_) => {
        // notifications never come
        if (number !== (IN & 15)) return;
        asked.push({ length, give: give_ });
        give();
      });
    },
    transferOut(_: number, data: Uint8Array) {
      ready.push(...new TextEncoder().encode(new TextDecoder().decode(data).toUpperCase()));
      give();
      return Promise.resolve({ status: "ok", bytesWritten: data.byteLength });
    },
  };
  return device;
}
