/** The server's certificate and key, from the PEM files that QEMU's x509 options name. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

/** QEMU's x509-cert-file, x509-key-file, x509-key-password, x509-cacert-file. */
export interface CredentialFiles {
  /** The server's certificate first; what follows is sent along as its chain. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly keyPassword?: string;
  /** CAs between the server's certificate and the one that clients trust are sent along too. */
  readonly caFile?: string;
}

/** A certificate and its key, found to fit. */
export interface Credentials {
  readonly context: SecureContext;
  /** Until when the certificate is valid. */
  readonly validTo: Date;
}

/**
 * Reads and checks credentials. Any version of X.509 will do, and any key that rustls takes: RSA
 * from 2048 bits, P-256, P-384, P-521, Ed25519. Error: names the file, and the command that mends
 * it. read: the text of a file.
 */
export function loadCredentials(
  files: CredentialFiles,
  read: (file: string) => string,
  now: Date,
): Credentials {
  const { certFile, keyFile, caFile } = files;
  const chain = certificates(certFile, readText(certFile, read, "certificate"));
  const key = privateKey(files, readText(keyFile, read, "private key"));
  const [leaf] = chain;
  if (!leaf.checkPrivateKey(key)) {
    throw new Error(
      `${keyFile} is not the key of ${certFile}; these two print the same when they fit:\n` +
        `  openssl x509 -in ${certFile} -noout -pubkey\n  openssl pkey -in ${keyFile} -pubout`,
    );
  }
  checkDates(certFile, keyFile, leaf, now);
  if (caFile !== undefined) {
    addIssuers(chain, certificates(caFile, readText(caFile, read, "CA certificate")));
  }
  try {
    const context = createSecureContext({
      cert: chain.map((certificate) => certificate.toString()).join(""),
      key: key.export({ type: "pkcs8", format: "pem" }),
    });
    return { context, validTo: new Date(leaf.validTo) };
  } catch (error) {
    throw new Error(
      `${certFile} and ${keyFile} cannot be used for TLS: ${(error as Error).message}`,
    );
  }
}

function readText(file: string, read: (file: string) => string, what: string): string {
  try {
    return read(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The ${what} ${file} cannot be read: ${reason}\n` +
        `  ls -l ${file}   shows whether it is there and who may read it; a new pair is made by\n` +
        `  openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=$(hostname) ` +
        `-keyout server-key.pem -out server-cert.pem`,
    );
  }
}

/** The certificates of a PEM file, and nothing else that it may hold. */
export function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function certificates(file: string, text: string): X509Certificate[] {
  const pems = certificatesIn(text);
  if (pems.length === 0) {
    throw new Error(
      `${file} holds no certificate in PEM; if it is one in DER:\n` +
        `  openssl x509 -inform der -in ${file} -out ${file}.pem`,
    );
  }
  return pems.map((pem, i) => {
    try {
      return new X509Certificate(pem + "\n");
    } catch {
      throw new Error(
        `Certificate ${i + 1} in ${file} is damaged; this says where:\n` +
          `  openssl x509 -in ${file} -noout -text`,
      );
    }
  });
}

const ENCRYPTED = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/;
/** One key, wherever in a file that has certificates too. */
const KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]+?-----END \1-----/;
const CURVES = ["prime256v1", "secp384r1", "secp521r1"];

function privateKey({ keyFile, keyPassword }: CredentialFiles, text: string): KeyObject {
  if (!text.includes("PRIVATE KEY-----")) {
    throw new Error(
      `${keyFile} holds no private key in PEM; if it is one in DER:\n` +
        `  openssl pkey -inform der -in ${keyFile} -out ${keyFile}.pem`,
    );
  }
  if (ENCRYPTED.test(text) && keyPassword === undefined) {
    throw new Error(
      `${keyFile} is encrypted: say its password with x509-key-password, or decrypt it:\n` +
        `  openssl pkey -in ${keyFile} -out ${keyFile}.plain`,
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey({
      key: KEY.exec(text)?.[0] ?? text,
      format: "pem",
      passphrase: keyPassword,
    });
  } catch {
    throw new Error(
      ENCRYPTED.test(text)
        ? `${keyFile} does not open with the x509-key-password given; try it with\n` +
          `  openssl pkey -in ${keyFile} -noout`
        : `${keyFile} is damaged; this says how:\n  openssl pkey -in ${keyFile} -noout -check`,
    );
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const usable = type === "rsa"
    ? (details?.modulusLength ?? 0) >= 2048
    : type === "ec"
    ? CURVES.includes(details?.namedCurve ?? "")
    : type === "ed25519";
  if (usable) return key;
  const seen = details?.modulusLength ? `${details.modulusLength} bits` : details?.namedCurve ?? "";
  throw new Error(
    `${keyFile} has a key of type ${type} ${seen}, TLS here takes RSA from 2048 bits, P-256, ` +
      `P-384, P-521 and Ed25519; a new one, and a request for its certificate, are made by\n` +
      `  openssl req -newkey rsa:2048 -nodes -keyout ${keyFile} -out server-req.pem`,
  );
}

function checkDates(certFile: string, keyFile: string, leaf: X509Certificate, now: Date): void {
  const from = new Date(leaf.validFrom), to = new Date(leaf.validTo);
  if (now < from) {
    throw new Error(
      `${certFile} is not valid before ${from.toISOString()}, and it is ${now.toISOString()}; ` +
        `is the clock right?\n  openssl x509 -in ${certFile} -noout -dates`,
    );
  }
  if (now > to) {
    const selfSigned = leaf.subject === leaf.issuer;
    throw new Error(
      `${certFile} expired at ${to.toISOString()}; renew it with\n` +
        `  openssl x509 -in ${certFile} -days 365 -out ${certFile}.new ` +
        (selfSigned
          ? `-signkey ${keyFile}`
          : `-CA ca-cert.pem -CAkey ca-key.pem -set_serial 0x$(openssl rand -hex 8)`),
    );
  }
}

/** Puts the certificates between the leaf and its root, as far as they are there, behind the leaf. */
function addIssuers(chain: X509Certificate[], authorities: X509Certificate[]): void {
  for (let last = chain[chain.length - 1]; chain.length < 10;) {
    const issuer = authorities.find((ca) => last.checkIssued(ca));
    if (issuer === undefined || issuer.subject === issuer.issuer) return;
    chain.push(last = issuer);
  }
}
