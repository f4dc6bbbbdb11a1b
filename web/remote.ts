/** Who sent a request: the other end of the connection, or whom a trusted proxy names. */
import { isLoopback } from "../core/config/web.ts";
import type { Remote } from "../core/link/duplex.ts";

/** The far end of a request, as far as rules and logs care. */
export interface Sender {
  /** An IP address, or "unix". */
  readonly address: string;
  /** HTTPS, here or at the proxy that is trusted. */
  readonly secure: boolean;
  /** From this machine; not: through a proxy that is not trusted, whoever that serves. */
  readonly local: boolean;
  /** Nobody between can read along: HTTPS, this machine, a Unix socket. */
  readonly private: boolean;
  /** It came to a port of SPICE clients. */
  readonly spice: boolean;
}

/** Believes X-Forwarded-For and X-Forwarded-Proto of these addresses and networks only. */
export class Proxies {
  readonly #networks: readonly Network[];
  readonly #unix: boolean;

  /** networks: `10.0.0.0/8`, `::1`, or `unix`. TypeError: one is neither. */
  constructor(networks: readonly string[]) {
    this.#unix = networks.includes("unix");
    this.#networks = networks.filter((text) => text !== "unix").map(readNetwork);
  }

  /** The sender of a request that came over this connection. */
  senderOf(remote: Remote, spice: boolean, headers: Headers): Sender {
    let address = plain(remote.address), secure = remote.secure;
    /** Somebody else stands behind that address. */
    let hidden = PROXIED.some((name) => headers.has(name));
    if (this.#trusts(address)) {
      const proto = headers.get("x-forwarded-proto")?.split(",").at(-1)?.trim();
      if (proto === "https" || proto === "http") secure = proto === "https";
      // the last is what the nearest proxy saw; those that are trusted are passed over
      const hops = headers.get("x-forwarded-for")?.split(",").map((hop) => bare(hop.trim())) ?? [];
      for (let hop; (hop = hops.pop()) !== undefined && bytesOf(hop) !== null;) {
        address = plain(hop);
        hidden = hops.length > 0;
        if (!this.#trusts(address)) break;
      }
    }
    const local = !hidden && (address === "unix" || isLoopback(address));
    return { address, secure, local, private: secure || local, spice };
  }

  #trusts(address: string): boolean {
    if (address === "unix") return this.#unix;
    const bytes = bytesOf(address);
    return bytes !== null && this.#networks.some((network) => contains(network, bytes));
  }
}

/** What proxies add to a request, and programs that come by themselves do not. */
const PROXIED = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

function readNetwork(text: string): Network {
  const [address, length] = text.split("/");
  const bytes = bytesOf(address);
  const bits = length === undefined ? (bytes?.length ?? 0) * 8 : Number(length);
  if (bytes === null || !(bits <= bytes.length * 8)) {
    throw new TypeError(`"${text}" is no address and no network, as 10.0.0.0/8 is`);
  }
  return { bytes, bits };
}

function contains({ bytes, bits }: Network, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false;
  return bytes.every((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - i * 8));
    const mask = 0xff << (8 - kept) & 0xff;
    return (byte & mask) === (address[i] & mask);
  });
}

/** 4 or 16 bytes; null: this is no address. */
function bytesOf(address: string): number[] | null {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (four) {
    const bytes = four.slice(1).map(Number);
    return bytes.every((byte) => byte < 256) ? bytes : null;
  }
  if (!/^[\da-f:]{2,39}$/i.test(address) || !address.includes(":")) return null;
  const [front, back, more] = address.split("::");
  if (more !== undefined) return null;
  const words = (part: string | undefined) => part ? part.split(":") : [];
  const head = words(front), tail = words(back);
  const gap = 8 - head.length - tail.length;
  if (back === undefined ? gap !== 0 : gap < 1) return null;
  const all = [...head, ...Array<string>(Math.max(0, gap)).fill("0"), ...tail];
  if (!all.every((word) => /^[\da-f]{1,4}$/i.test(word))) return null;
  return all.flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 0xff]);
}

/** ::ffff:192.0.2.1 is 192.0.2.1 to everybody who reads it. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** `[2001:db8::1]:4711` and `192.0.2.1:4711` without their brackets and ports. */
const bare = (hop: string) =>
  hop.replace(/^\[([^\]]*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
