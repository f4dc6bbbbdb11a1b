/// <reference lib="dom" />
/// <reference lib="dom.asynciterable" />
/** What only looks at a folder: GET, HEAD, PROPFIND. Source of truth: RFC 4918, 9.1 and 15; RFC 9110, 13 and 14. */
import { type Answer, plain, Refused, said, xml } from "./answers.ts";
import { type Directory, hrefOf, type Path } from "./folder.ts";
import type { Headers } from "./http.ts";
import { type Described, escaped, multistatus, type PropertyName } from "./xml.ts";

/** Entries of one folder that are described. */
const MOST_ENTRIES = 20_000;
/** Letters of what was asked for and is not there, for all entries together. */
const MOST_NAMED = 32 << 20;

/** Changes when the file does. */
export const etagOf = (file: File): string =>
  `"${file.size.toString(36)}-${file.lastModified.toString(36)}"`;

const dateOf = (ms: number) => new Date(ms).toUTCString();

/** A file, a part of it, or that it is the one that the client has. */
export async function get(
  at: Directory | FileSystemFileHandle,
  headers: Headers,
  head: boolean,
): Promise<Answer> {
  if (at.kind === "directory") {
    const names: string[] = [];
    for await (const { name, kind } of at.values()) {
      names.push(kind === "directory" ? `${name}/` : name);
      if (names.length >= MOST_ENTRIES) break;
    }
    return { ...said(200, names.sort().join("\n")), head };
  }
  const file = await at.getFile(), etag = etagOf(file);
  const about = {
    etag,
    "last-modified": dateOf(file.lastModified),
    "accept-ranges": "bytes",
    "content-type": file.type || "application/octet-stream",
  };
  if (matches(headers.get("if-none-match"), etag)) return plain(304, about);
  const range = rangeOf(headers, file, etag);
  if (!range) return { status: 200, headers: about, body: file, head };
  const [from, to] = range;
  return {
    status: 206,
    headers: { ...about, "content-range": `bytes ${from}-${to - 1}/${file.size}` },
    body: file.slice(from, to),
    head,
  };
}

/** Whether one of these tags is this; `*` is any. */
export const matches = (tags: string | undefined, etag: string | null): boolean =>
  tags !== undefined && etag !== null &&
  tags.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);

/** One range, as [from, to); null: all of it, as with several, which a server may answer so. */
function rangeOf(headers: Headers, file: File, etag: string): [number, number] | null {
  const condition = headers.get("if-range");
  if (condition && condition !== etag && condition !== dateOf(file.lastModified)) return null;
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get("range") ?? "") ?? [];
  if (first === undefined || first === "" && last === "") return null;
  const { size } = file;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (from < size && from < to) return [from, to];
  throw new Refused(416, "There is nothing in this range", { "content-range": `bytes */${size}` });
}

const LOCKABLE = "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>" +
  "</D:locktype></D:lockentry>";

export interface Look {
  /** null: all. */
  readonly asked: readonly PropertyName[] | null;
  readonly deep: boolean;
  readonly writable: boolean;
  /** XML of the locks of a path. */
  locks(path: Path): string;
}

/** The properties of what lies there and, deep, of what is right inside of it. */
export async function propfind(
  at: Directory | FileSystemFileHandle,
  path: Path,
  look: Look,
): Promise<Answer> {
  const all = [await describe(at, path, look)];
  const names = (look.asked ?? []).reduce(
    (sum, { namespace, name }) => sum + namespace.length + name.length,
    0,
  );
  if (look.deep && at.kind === "directory") {
    for await (const inner of at.values()) {
      if (all.length > MOST_ENTRIES) throw new Refused(507, `More than ${MOST_ENTRIES} entries`);
      if (all.length * names > MOST_NAMED) {
        throw new Refused(507, "Too many properties of too many entries");
      }
      // it may be gone meanwhile, or not be readable: the others are still there
      const entry = await describe(inner, [...path, inner.name], look).catch(() => null);
      if (entry) all.push(entry);
    }
  }
  return xml(207, multistatus(all));
}

async function describe(
  at: Directory | FileSystemFileHandle,
  path: Path,
  { asked, writable, locks }: Look,
): Promise<Described> {
  const folder = at.kind === "directory";
  const has = new Map<string, string>([
    ["displayname", escaped(path.at(-1) ?? "Shared folder")],
    ["resourcetype", folder ? "<D:collection/>" : ""],
    ["lockdiscovery", locks(path)],
    ["supportedlock", writable ? LOCKABLE : ""],
  ]);
  if (at.kind === "file") {
    const file = await at.getFile();
    has.set("getcontentlength", `${file.size}`);
    has.set("getlastmodified", dateOf(file.lastModified));
    has.set("getetag", escaped(etagOf(file)));
    has.set("getcontenttype", escaped(file.type || "application/octet-stream"));
    // SPEC: browsers do not tell when a file was made; davfs2 and Windows want a date
    has.set("creationdate", new Date(file.lastModified).toISOString());
  }
  const href = hrefOf(path, folder);
  if (!asked) return { href, found: has, missing: [] };
  const found = new Map<string, string>(), missing: PropertyName[] = [];
  for (const one of asked) {
    const value = one.namespace === "DAV:" ? has.get(one.name) : undefined;
    if (value === undefined) missing.push(one);
    else found.set(one.name, value);
  }
  return { href, found, missing };
}
