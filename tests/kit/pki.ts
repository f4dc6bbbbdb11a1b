import { type Credentials, loadCredentials } from "../../channels/credentials.ts";

/** A file of the tests' certificates; make.sh beside them says how they were made. */
export function pkiFile(name: string): string {
  return new URL(`../data/pki/${name}`, import.meta.url).pathname;
}

/** Credentials of "localhost" and 127.0.0.1, signed by the CA in `caFile`. */
export function testCredentials(
  name: "v3" | "v1" | "ec" = "v3",
): { credentials: Credentials; ca: string; caFile: string } {
  const certFile = pkiFile(`${name}-cert.pem`);
  const keyFile = pkiFile(name === "ec" ? "ec-key.pem" : "server-key.pem");
  const caFile = pkiFile("ca-cert.pem");
  const files = name === "ec" ? { caFile: pkiFile("middle-cert.pem") } : {};
  return {
    credentials: loadCredentials(
      { certFile, keyFile, ...files },
      Deno.readTextFileSync,
      new Date(),
    ),
    ca: Deno.readTextFileSync(caFile),
    caFile,
  };
}
