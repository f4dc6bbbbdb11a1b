/** Another network on this machine, where that is allowed: a network namespace behind a cable. */
import { installed, run } from "./peers.ts";

export interface Network extends AsyncDisposable {
  /** This machine's address on the cable, and the address at its other end. */
  readonly here: string;
  readonly there: string;
  /** What stands before a command that runs there. */
  readonly prefix: readonly string[];
}

/** The loopback device, for want of anything better. */
const loopback: Network = {
  here: "127.0.0.1",
  there: "127.0.0.1",
  prefix: [],
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Makes one; where it may not be made, the loopback device, and says so. */
export async function anotherNetwork(): Promise<Network> {
  if (!installed("ip")) {
    console.log("no network namespace: ip is not installed; both ends are on the loopback device");
    return loopback;
  }
  const id = crypto.getRandomValues(new Uint8Array(3));
  const name = `spice-${id.toHex()}`;
  const [near, far] = [`sa${id.toHex()}`, `sb${id.toHex()}`];
  // of the 10/8 that nobody announces: 10.201 to 10.232
  const net = `10.${201 + id[0] % 32}.${id[1]}.${id[2] & 0xfc}`.replace(/\d+$/, "");
  const last = id[2] & 0xfc;
  const [here, there] = [`${net}${last + 1}`, `${net}${last + 2}`];
  const ip = (...args: string[]) => run("ip", args);
  const inside = (...args: string[]) => run("ip", ["netns", "exec", name, "ip", ...args]);
  const remove = async () => {
    await run("ip", ["netns", "del", name], { fails: true });
    await run("ip", ["link", "del", near], { fails: true });
  };
  try {
    await ip("netns", "add", name);
    await ip("link", "add", near, "type", "veth", "peer", "name", far);
    await ip("link", "set", far, "netns", name);
    await ip("addr", "add", `${here}/30`, "dev", near);
    await ip("link", "set", near, "up");
    await inside("addr", "add", `${there}/30`, "dev", far);
    await inside("link", "set", far, "up");
    await inside("link", "set", "lo", "up");
  } catch (error) {
    await remove();
    const [why] = (error instanceof Error ? error.message : `${error}`).split("\n");
    console.log(`no network namespace (${why}); both ends are on the loopback device`);
    return loopback;
  }
  return {
    here,
    there,
    prefix: ["ip", "netns", "exec", name],
    [Symbol.asyncDispose]: remove,
  };
}
