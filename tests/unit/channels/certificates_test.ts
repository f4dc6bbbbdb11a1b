import { assertEquals, assertNotEquals } from "@std/assert";
import { Certificates } from "../../../channels/certificates.ts";
import { FakeClock } from "../../kit/fake_clock.ts";
import { FakeLog } from "../../kit/linked.ts";
import { pkiFile } from "../../kit/pki.ts";

const text = (name: string) => Deno.readTextFileSync(pkiFile(name));

Deno.test("what clients are told to trust is the pair in use: the new one once it is, the old one when the new is bad", () => {
  const files: Record<string, string> = {
    cert: text("v3-cert.pem"),
    key: text("server-key.pem"),
  };
  const log = new FakeLog();
  using certificates = new Certificates((name) => files[name], new FakeClock(), log);
  const tls = { certFile: "cert", keyFile: "key", keyPassword: null, caFile: null };
  const first = certificates.trustIn(tls);
  assertEquals(first.ca, files.cert);

  files.cert = "no certificate at all";
  certificates.look();
  assertEquals(log.of("certificate-refused").length, 1);
  assertEquals(certificates.trustIn(tls), first);

  files.cert = text("v1-cert.pem");
  certificates.look();
  assertEquals(log.of("certificate-replaced").length, 1);
  assertNotEquals(certificates.trustIn(tls).ca, first.ca);
  assertEquals(certificates.trustIn(tls).ca, files.cert);
});

Deno.test("certificate and key may stand in one file, and the key is told to nobody", () => {
  const [certificate, key] = [text("v3-cert.pem"), text("server-key.pem")];
  for (const both of [certificate + key, key + certificate]) {
    using certificates = new Certificates(() => both, new FakeClock(), new FakeLog());
    const tls = { certFile: "both", keyFile: "both", keyPassword: null, caFile: null };
    assertEquals(certificates.trustIn(tls).ca, certificate);
    // an authority's file may hold its key too
    assertEquals(certificates.trustIn({ ...tls, caFile: "both" }).ca, certificate);
  }
});
