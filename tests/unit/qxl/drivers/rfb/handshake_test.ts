import { assertEquals, assertRejects } from "@std/assert";
import { ProtocolError } from "../../../../../core/binary/error.ts";
import { greet } from "../../../../../qxl/drivers/rfb/handshake.ts";
import { vncResponse } from "../../../../../qxl/drivers/rfb/security.ts";
import { saying } from "../../../../kit/rfb_recorded.ts";

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : part),
  );
const nobody = { username: null, password: null, secure: null };
const format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
const init = bytes([2, 128, 1, 224], format, [0, 0, 0, 2], "hi");

Deno.test("servers of 3.3, 3.7, 3.8 and later are greeted as they need", async () => {
  const ways = [
    bytes("RFB 003.003\n", [0, 0, 0, 1], [...init]),
    bytes("RFB 003.007\n", [1, 1], [...init]),
    bytes("RFB 003.008\n", [2, 19, 1], [0, 0, 0, 0], [...init]),
    bytes("RFB 004.001\n", [1, 1], [0, 0, 0, 0], [...init]),
  ];
  for (const said of ways) {
    const { width, height, name } = await greet(saying(said), nobody);
    assertEquals({ width, height, name }, { width: 640, height: 480, name: "hi" });
  }
});

Deno.test("a server that does not let us in says why", async () => {
  const ways: [Uint8Array, string][] = [
    [bytes("HTTP/1.1 400"), "begins with"],
    [bytes("RFB 003.008\n", [0], [0, 0, 0, 4], "full"), "does not let us in: full"],
    [bytes("RFB 003.008\n", [1, 1], [0, 0, 0, 1, 0, 0, 0, 2], "no"), "does not let us in: no"],
    [bytes("RFB 003.008\n", [1, 2]), "give it a password with password-secret"],
    [bytes("RFB 003.008\n", [1, 19]), "name its authority with tls-ca-file"],
    [bytes("RFB 003.008\n", [0], [255, 255, 255, 255]), "announces 4294967295 bytes"],
    [bytes("RFB 003.008\n", [1, 1], [0, 0, 0, 0], [...init.subarray(0, 9)]), "closed after"],
  ];
  for (const [said, because] of ways) {
    await assertRejects(() => greet(saying(said), nobody), ProtocolError, because);
  }
});

Deno.test("a server without TLS is not spoken to when TLS is demanded", async () => {
  const demanding = { ...nobody, secure: () => Promise.reject(new Error("never")) };
  const said = bytes("RFB 003.008\n", [2, 1, 2]);
  await assertRejects(() => greet(saying(said), demanding), ProtocolError, "remove tls-ca-file");
});

Deno.test("a challenge is answered by DES under the password's mirrored bytes, of which eight count", () => {
  const text = (s: string) => new TextEncoder().encode(s);
  // what OpenSSL says:
  // openssl enc -des-ecb -K c2f2eab4169626a6 -nopad -provider legacy
  const response = vncResponse(text("Now is the time "), "COW-hide");
  assertEquals(response.toHex(), "cc1a09b7fac8ad831cd83cc82de6569e");
  assertEquals(vncResponse(text("Now is the time "), "COW-hide and seek"), response);
});
