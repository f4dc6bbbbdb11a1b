/** The appliance's certificates: read at the start, and again when their files change. */
import { X509Certificate } from "node:crypto";
import type { Cancel, Clock } from "../core/clock.ts";
import type { TlsOptions } from "../core/config/options.ts";
import type { Log } from "../core/log.ts";
import {
  certificatesIn,
  type CredentialFiles,
  type Credentials,
  loadCredentials,
} from "./credentials.ts";

/** Files are looked at so often. */
const LOOK_MS = 5000;

/** What clients must know to trust a certificate. */
export interface Trust {
  /** The authority's certificate in PEM, or where there is none, the server's. */
  readonly ca: string;
  /** As clients write it: `C=XX,O=me,CN=my-host`. */
  readonly subject: string;
}

function trustOf([certificate, , authority]: readonly string[]): Trust {
  const own = certificatesIn(certificate);
  const { subject } = new X509Certificate(own[0]);
  // INVARIANT: the key may stand in the same file, and goes to nobody
  const ca = authority === "" ? own : certificatesIn(authority);
  return {
    ca: ca.join("\n") + "\n",
    subject: subject.split("\n").map((part) => part.replaceAll(",", "\\,")).join(","),
  };
}

/** One pair of certificate and key. Whoever comes gets the newest that could be used. */
class Pair implements Credentials {
  #now: Credentials;
  /** What the files hold: certificate, key, authority. */
  #seen: readonly string[];
  /** Of the pair in use. */
  trust: Trust;
  constructor(readonly files: CredentialFiles, readonly read: (file: string) => string) {
    this.#seen = this.#contents();
    this.#now = loadCredentials(files, read, new Date());
    this.trust = trustOf(this.#seen);
  }

  get context() {
    return this.#now.context;
  }

  get validTo() {
    return this.#now.validTo;
  }

  /** true: they changed, and the new ones are used from now on. Error: why the new ones are not. */
  look(): boolean {
    const contents = this.#contents();
    if (contents.every((text, i) => text === this.#seen[i])) return false;
    // told once: the same files are not tried again
    this.#seen = contents;
    const next = loadCredentials(this.files, this.read, new Date());
    this.trust = trustOf(contents);
    this.#now = next;
    return true;
  }

  /** A file that is not there now may be about to be replaced. */
  #contents(): string[] {
    const { certFile, keyFile, caFile } = this.files;
    return [certFile, keyFile, caFile].map((file) => {
      try {
        return file === undefined ? "" : this.read(file);
      } catch (error) {
        return `${error}`;
      }
    });
  }
}

/** Connections that stand keep what they began with. */
export class Certificates implements Disposable {
  readonly #pairs = new Map<string, Pair>();
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #read: (file: string) => string;
  #cancel: Cancel = () => {};

  /** read: the text of a file. */
  constructor(read: (file: string) => string, clock: Clock, log: Log) {
    this.#read = read;
    this.#clock = clock;
    this.#log = log;
  }

  /** The pair that these options name. Error: it cannot be used. */
  of({ certFile, keyFile, keyPassword, caFile }: TlsOptions): Credentials {
    const name = JSON.stringify([certFile, keyFile, caFile]);
    let pair = this.#pairs.get(name);
    if (!pair) {
      const files = {
        certFile,
        keyFile,
        keyPassword: keyPassword ?? undefined,
        caFile: caFile ?? undefined,
      };
      this.#pairs.set(name, pair = new Pair(files, this.#read));
      if (this.#pairs.size === 1) this.#later();
    }
    return pair;
  }

  /** What clients must know to trust the pair in use. Error: it cannot be used. */
  trustIn(tls: TlsOptions): Trust {
    return (this.of(tls) as Pair).trust;
  }

  /** Looks at the files now. */
  look(): void {
    for (const pair of this.#pairs.values()) {
      const { certFile } = pair.files;
      try {
        if (!pair.look()) continue;
        this.#log.info("certificate-replaced", { file: certFile, validTo: pair.validTo });
      } catch (error) {
        this.#log.error("certificate-refused", { file: certFile, error, kept: pair.validTo });
      }
    }
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#pairs.clear();
  }

  #later(): void {
    this.#cancel = this.#clock.after(LOOK_MS, () => {
      this.look();
      this.#later();
    });
  }
}
