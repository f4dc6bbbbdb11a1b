/// <reference lib="dom" />
/**
 * A WebDAV server whose files are a folder that a person has chosen in the browser.
 * Source of truth: RFC 4918, class 1 and, where writing is allowed, 2.
 */
import { type Answer, plain, Refused, said, xml } from "./answers.ts";
import { copy, type Directory, find, findFolder, hrefOf, type Path, pathOf } from "./folder.ts";
import { type Headers, HttpError, type Request } from "./http.ts";
import { alike, type Lock, Locks, LONGEST_LOCK_SECONDS, same, within } from "./locks.ts";
import { etagOf, get, matches, propfind } from "./read.ts";
import { escaped, propertiesIn } from "./xml.ts";

export interface DavOptions {
  readonly writable: boolean;
  /** Milliseconds of any clock. */
  readonly now: () => number;
  readonly uuid: () => string;
}

const LOOKS = ["OPTIONS", "GET", "HEAD", "PROPFIND"];
const WRITES = ["PUT", "MKCOL", "DELETE", "MOVE", "COPY", "LOCK", "UNLOCK", "PROPPATCH"];
/** XML that a request may have. */
const MOST_XML_BYTES = 64 << 10;

export class DavServer {
  readonly #root: Directory;
  readonly #options: DavOptions;
  readonly #locks: Locks;

  constructor(root: Directory, options: DavOptions) {
    this.#root = root;
    this.#options = options;
    this.#locks = new Locks(options.now, options.uuid);
  }

  /** Never rejects. */
  async answer(request: Request): Promise<Answer> {
    try {
      return await this.#answer(request);
    } catch (error) {
      return refusal(error);
    }
  }

  #answer(request: Request): Promise<Answer> | Answer {
    const { method, headers } = request;
    const path = pathOf(request.target);
    if (method === "OPTIONS") return this.#about(200);
    if (!path) throw new Refused(400, "This is no path of the folder");
    if (WRITES.includes(method) && !this.#options.writable) {
      throw new Refused(403, "This folder is shared to be read only");
    }
    switch (method) {
      case "GET":
      case "HEAD":
        return this.#get(path, headers, method === "HEAD");
      case "PROPFIND":
        return this.#propfind(path, request);
      case "PROPPATCH":
        return this.#proppatch(path, request);
      case "PUT":
        return this.#put(path, request);
      case "MKCOL":
        return this.#mkcol(path, request);
      case "DELETE":
        return this.#delete(path, headers);
      case "COPY":
      case "MOVE":
        return this.#transfer(path, headers, method === "MOVE");
      case "LOCK":
        return this.#lock(path, request);
      case "UNLOCK":
        return this.#unlock(path, headers);
    }
    return this.#about(405);
  }

  #about(status: number): Answer {
    const { writable } = this.#options;
    return plain(status, {
      dav: writable ? "1, 2" : "1",
      allow: [...LOOKS, ...(writable ? WRITES : [])].join(", "),
      "ms-author-via": "DAV",
    });
  }

  async #there(path: Path) {
    const at = await find(this.#root, path);
    if (!at) throw new Refused(404, "There is nothing here");
    return at;
  }

  async #get(path: Path, headers: Headers, head: boolean): Promise<Answer> {
    return await get(await this.#there(path), headers, head);
  }

  async #propfind(path: Path, request: Request): Promise<Answer> {
    const depth = request.headers.get("depth") ?? "infinity";
    const asked = propertiesIn(await textOf(request));
    const at = await this.#there(path);
    if (depth !== "0" && depth !== "1") {
      return xml(
        403,
        '<?xml version="1.0"?><D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>',
      );
    }
    return await propfind(at, path, {
      asked,
      deep: depth === "1",
      writable: this.#options.writable,
      locks: (of) => this.#locks.at(of, false).map((lock) => this.#active(lock)).join(""),
    });
  }

  /** No property can be set: there is nowhere to keep it. */
  async #proppatch(path: Path, request: Request): Promise<Answer> {
    const names = propertiesIn(await textOf(request)) ?? [];
    const at = await this.#there(path);
    this.#free(path, false, request.headers);
    const set = names.map(({ namespace, name }) => `<x:${name} xmlns:x="${escaped(namespace)}"/>`);
    const href = escaped(hrefOf(path, at.kind === "directory"));
    return xml(
      207,
      `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"><D:response><D:href>${href}</D:href>` +
        `<D:propstat><D:prop>${set.join("")}</D:prop><D:status>HTTP/1.1 403 Forbidden</D:status>` +
        `</D:propstat></D:response></D:multistatus>`,
    );
  }

  async #put(path: Path, { headers, body }: Request): Promise<Answer> {
    if (path.length === 0) throw new Refused(405, "This is a folder");
    if (headers.has("content-range")) throw new Refused(400, "Parts of files cannot be written");
    const before = await find(this.#root, path);
    if (before?.kind === "directory") throw new Refused(405, "This is a folder");
    this.#free(path, false, headers);
    const etag = before && etagOf(await before.getFile());
    const wanted = headers.get("if-match");
    if (
      wanted !== undefined && !matches(wanted, etag) || matches(headers.get("if-none-match"), etag)
    ) {
      throw new Refused(412, "It is not the file that it was");
    }
    const parent = await this.#parent(path), name = path.at(-1)!;
    const file = await parent.getFileHandle(name, { create: true });
    try {
      // what comes only in part leaves the file as it was: the pipe aborts
      await body.pipeTo(await file.createWritable() as WritableStream<Uint8Array>);
    } catch (error) {
      if (!before) await parent.removeEntry(name).catch(() => {});
      throw error;
    }
    return plain(before ? 204 : 201, { etag: etagOf(await file.getFile()) });
  }

  async #mkcol(path: Path, request: Request): Promise<Answer> {
    if (await textOf(request) !== "") throw new Refused(415, "MKCOL takes no body");
    if (await find(this.#root, path)) throw new Refused(405, "There is something already");
    this.#free(path, false, request.headers);
    await (await this.#parent(path)).getDirectoryHandle(path.at(-1)!, { create: true });
    return plain(201);
  }

  async #delete(path: Path, headers: Headers): Promise<Answer> {
    await this.#there(path);
    if (path.length === 0) throw new Refused(403, "The shared folder itself stays");
    this.#free(path, true, headers);
    await (await this.#parent(path)).removeEntry(path.at(-1)!, { recursive: true });
    this.#locks.gone(path);
    return plain(204);
  }

  async #transfer(path: Path, headers: Headers, move: boolean): Promise<Answer> {
    const from = await this.#there(path);
    const to = pathOf(headers.get("destination") ?? "");
    if (!to) throw new Refused(400, "The destination is no path of the folder");
    if (path.length === 0 || to.length === 0 || same(path, to)) {
      throw new Refused(403, "It cannot go there");
    }
    if (within(to, path) || within(path, to)) throw new Refused(403, "One lies in the other");
    // INVARIANT: nothing is made of what it would overwrite, on disks too that take both names for one
    const [a, b] = [alike(path), alike(to)];
    if (same(a, b) || within(a, b) || within(b, a)) {
      throw new Refused(403, "The two names are one on some disks");
    }
    if (move) this.#free(path, true, headers);
    this.#free(to, true, headers);
    const parent = await this.#parent(to), name = to.at(-1)!;
    const before = await find(this.#root, to);
    if (before && /^f$/i.test(headers.get("overwrite") ?? "")) {
      throw new Refused(412, "There is something already");
    }
    if (before) await parent.removeEntry(name, { recursive: true });
    // SPEC: RFC 4918, 9.9.2: what moves, moves with all that is in it
    await copy(from, parent, name, move || headers.get("depth") !== "0");
    if (move) {
      await (await this.#parent(path)).removeEntry(path.at(-1)!, { recursive: true });
      this.#locks.gone(path);
    }
    return plain(before ? 204 : 201);
  }

  async #lock(path: Path, request: Request): Promise<Answer> {
    const { headers } = request;
    const body = await textOf(request);
    const seconds = Number(
      /second-(\d{1,9})/i.exec(headers.get("timeout") ?? "")?.[1] ?? LONGEST_LOCK_SECONDS,
    );
    if (body === "") {
      const known = this.#locks.at(path, false).find(({ token }) => says(headers, token));
      if (!known) throw new Refused(412, "There is no such lock");
      this.#locks.renew(known, seconds);
      return this.#locked(200, known);
    }
    if (!/<(?:[\w.-]+:)?exclusive\b/.test(body)) throw new Refused(501, "Locks are exclusive here");
    const deep = headers.get("depth") !== "0";
    if (this.#locks.at(path, deep).length > 0) throw new Refused(423, "Somebody has it");
    const there = await find(this.#root, path);
    const owner =
      /<(?:[\w.-]+:)?owner[^<>]*>([^]{0,2000}?)<\/(?:[\w.-]+:)?owner>/.exec(body)?.[1] ??
        "";
    const lock = this.#locks.take(path, deep, escaped(owner.replace(/<[^>]*>/g, "")), seconds);
    if (!lock) throw new Refused(503, "There are too many locks");
    if (!there) {
      await this.#parent(path)
        .then((parent) => parent.getFileHandle(path.at(-1)!, { create: true }))
        .catch((error) => {
          this.#locks.free(path, lock.token);
          throw error;
        });
    }
    return this.#locked(there ? 200 : 201, lock);
  }

  #locked(status: number, lock: Lock): Answer {
    return xml(
      status,
      `<?xml version="1.0"?><D:prop xmlns:D="DAV:"><D:lockdiscovery>${this.#active(lock)}` +
        `</D:lockdiscovery></D:prop>`,
      { "lock-token": `<${lock.token}>` },
    );
  }

  #active(lock: Lock): string {
    return "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:exclusive/></D:lockscope>" +
      `<D:depth>${lock.deep ? "infinity" : "0"}</D:depth><D:owner>${lock.owner}</D:owner>` +
      `<D:timeout>Second-${this.#locks.secondsLeft(lock)}</D:timeout>` +
      `<D:locktoken><D:href>${lock.token}</D:href></D:locktoken>` +
      `<D:lockroot><D:href>${
        escaped(hrefOf(lock.path, false))
      }</D:href></D:lockroot></D:activelock>`;
  }

  #unlock(path: Path, headers: Headers): Answer {
    const token = /^<(.*)>$/.exec(headers.get("lock-token") ?? "")?.[1];
    if (token === undefined) throw new Refused(400, "UNLOCK needs a lock-token");
    if (!this.#locks.free(path, token)) throw new Refused(409, "There is no such lock");
    return plain(204);
  }

  /** Throws unless the request has the tokens of all locks that stand in its way. */
  #free(path: Path, inside: boolean, headers: Headers): void {
    if (this.#locks.at(path, inside).some(({ token }) => !says(headers, token))) {
      throw new Refused(423, "Somebody has it locked");
    }
  }

  async #parent(path: Path): Promise<Directory> {
    const folder = path.length === 0 ? null : await findFolder(this.#root, path.slice(0, -1));
    if (!folder) throw new Refused(409, "The folder for it is not there");
    return folder;
  }
}

/** SPEC: the If header's conditions are read as the list of tokens that its client has. */
const says = (headers: Headers, token: string) => (headers.get("if") ?? "").includes(`<${token}>`);

async function textOf({ body }: Request): Promise<string> {
  const decoder = new TextDecoder();
  let text = "", bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MOST_XML_BYTES) throw new Refused(413, "This body is too long");
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** What went wrong, as a status. */
function refusal(error: unknown): Answer {
  if (error instanceof Refused) return said(error.status, error.message, error.headers);
  if (error instanceof HttpError) return said(error.status, error.message);
  const { name, message } = error as Error;
  const status = {
    NotFoundError: 404,
    NotAllowedError: 403,
    NoModificationAllowedError: 423,
    QuotaExceededError: 507,
    // a name that the browser's files cannot have
    TypeError: 403,
  }[name] ?? 500;
  return said(status, `The browser says: ${message}`);
}
