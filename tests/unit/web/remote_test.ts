import { assertEquals, assertThrows } from "@std/assert";
import { Proxies } from "../../../web/remote.ts";

const remote = (address: string, secure = false) =>
  ({ address, transport: "tcp", secure, webSocket: false }) as const;

function sender(networks: string[], from: string, headers: Record<string, string> = {}) {
  const { address, secure, local } = new Proxies(networks)
    .senderOf(remote(from), false, new Headers(headers));
  return [address, secure, local];
}

const forwarded = { "x-forwarded-for": "198.51.100.9", "x-forwarded-proto": "https" };

Deno.test("what a stranger says of himself is not believed", () => {
  assertEquals(sender([], "192.0.2.1", forwarded), ["192.0.2.1", false, false]);
  assertEquals(sender(["10.0.0.0/8"], "11.0.0.1", forwarded), ["11.0.0.1", false, false]);
  assertEquals(sender(["10.0.0.1"], "10.0.0.2", forwarded), ["10.0.0.2", false, false]);
});

Deno.test("a trusted proxy says who it is and whether it is HTTPS", () => {
  assertEquals(sender(["10.0.0.0/8"], "10.1.2.3", forwarded), ["198.51.100.9", true, false]);
  assertEquals(sender(["unix"], "unix", forwarded), ["198.51.100.9", true, false]);
  assertEquals(sender(["::1"], "::1", forwarded), ["198.51.100.9", true, false]);
  assertEquals(sender(["fd00::/8"], "fd12::1", forwarded), ["198.51.100.9", true, false]);
  assertEquals(sender(["127.0.0.1"], "::ffff:127.0.0.1", forwarded), ["198.51.100.9", true, false]);
});

Deno.test("of several hops the nearest that is not trusted counts, whatever stands before it", () => {
  const hops = { "x-forwarded-for": "127.0.0.1, 203.0.113.5, 10.0.0.7" };
  assertEquals(sender(["10.0.0.0/8"], "10.0.0.1", hops), ["203.0.113.5", false, false]);
  const ports = { "x-forwarded-for": "[2001:db8::1]:4711" };
  assertEquals(sender(["10.0.0.0/8"], "10.0.0.1", ports), ["2001:db8::1", false, false]);
});

Deno.test("who comes through a proxy that is not trusted is not on this machine", () => {
  for (
    const [name, value] of Object.entries({
      ...forwarded,
      forwarded: "for=192.0.2.9",
      via: "1.1 p",
    })
  ) {
    const said = name === "x-forwarded-proto" ? {} : { [name]: value };
    const remote = {
      address: "127.0.0.1",
      transport: "tcp",
      secure: false,
      webSocket: false,
    } as const;
    const stranger = new Proxies([]).senderOf(remote, false, new Headers(said));
    const local = Object.keys(said).length === 0;
    assertEquals([stranger.address, stranger.local, stranger.private], ["127.0.0.1", local, local]);
  }
  assertEquals(sender([], "unix", forwarded), ["unix", false, false]);
  // a trusted one that names itself only, and one that names another which is not trusted
  assertEquals(sender(["127.0.0.1"], "127.0.0.1", { via: "1.1 p" })[2], false);
  const chain = { "x-forwarded-for": "203.0.113.5, 127.0.0.1" };
  assertEquals(sender(["unix"], "unix", chain), ["127.0.0.1", false, false]);
  assertEquals(sender(["unix"], "unix", { "x-forwarded-for": "127.0.0.1" })[2], true);
});

Deno.test("nonsense in the headers changes nothing", () => {
  for (const value of ["", "unknown", "999.1.1.1", "1.2.3.4.5", ":::", "<script>"]) {
    const headers = { "x-forwarded-for": value, "x-forwarded-proto": "gopher" };
    assertEquals(sender(["10.0.0.0/8"], "10.0.0.1", headers), ["10.0.0.1", false, false], value);
  }
});

Deno.test("what is no network is refused", () => {
  for (const text of ["10.0.0", "10.0.0.0/33", "::/129", "proxy"]) {
    assertThrows(() => new Proxies([text]), TypeError);
  }
});
