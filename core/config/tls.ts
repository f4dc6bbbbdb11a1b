/** The `x509-` keys, which `[spice]` and `[web]` have in common: files in PEM, under QEMU's names. */
import type { TlsOptions } from "./options.ts";
import type { Place, Problems } from "./problems.ts";

type TlsKey =
  | "x509-dir"
  | "x509-key-file"
  | "x509-key-password"
  | "x509-cert-file"
  | "x509-cacert-file";

/** A section that has them. */
interface TlsSection {
  get(name: TlsKey): string | undefined;
  placeOf(name: TlsKey | "tls-port"): Place | null;
}

/** The certificate's files, as far as they are named or stand in x509-dir under QEMU's names. */
export function credentialFiles(
  section: TlsSection,
  readable: (path: string) => boolean,
  problems: Problems,
): TlsOptions {
  const folder = section.get("x509-dir") ?? ".";
  const file = (name: "x509-key-file" | "x509-cert-file", usual: string) => {
    const path = section.get(name) ?? `${folder}/${usual}`;
    if (!readable(path)) {
      const place = section.get(name) !== undefined
        ? section.placeOf(name)
        : section.placeOf(section.get("x509-dir") !== undefined ? "x509-dir" : "tls-port");
      problems.error(place, `tls-port needs ${path}, which cannot be read; name it by ${name}`);
    }
    return path;
  };
  const authority = section.get("x509-cacert-file");
  const usual = `${folder}/ca-cert.pem`;
  if (authority !== undefined && !readable(authority)) {
    problems.error(section.placeOf("x509-cacert-file"), `${authority} cannot be read`);
  }
  return {
    keyFile: file("x509-key-file", "server-key.pem"),
    keyPassword: section.get("x509-key-password") ?? null,
    certFile: file("x509-cert-file", "server-cert.pem"),
    caFile: authority ?? (readable(usual) ? usual : null),
  };
}
