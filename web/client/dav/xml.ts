/** XML as WebDAV needs it: multistatus answers are written, requests are only looked at. Source of truth: RFC 4918, 14. */

/** Text within XML. What XML cannot hold is left out. */
export const escaped = (text: string): string =>
  // deno-lint-ignore no-control-regex
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** One resource in a multistatus: properties by name, each an XML text that is its value. */
export interface Described {
  /** As it stands in an address. */
  readonly href: string;
  readonly found: ReadonlyMap<string, string>;
  /** Names, with their namespace declared, of what was asked for and is not there. */
  readonly missing: readonly PropertyName[];
}

export interface PropertyName {
  readonly namespace: string;
  readonly name: string;
}

export function multistatus(all: readonly Described[]): string {
  const parts = all.map(({ href, found, missing }) => {
    const there = [...found].map(([name, value]) => `<D:${name}>${value}</D:${name}>`).join("");
    const gone = missing.map(({ namespace, name }) =>
      `<x:${name} xmlns:x="${escaped(namespace)}"/>`
    );
    return `<D:response><D:href>${escaped(href)}</D:href>${status(there, 200, "OK")}${
      status(gone.join(""), 404, "Not Found")
    }</D:response>`;
  });
  return `<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">${
    parts.join("")
  }</D:multistatus>`;
}

const status = (properties: string, code: number, reason: string) =>
  properties === ""
    ? ""
    : `<D:propstat><D:prop>${properties}</D:prop><D:status>HTTP/1.1 ${code} ${reason}</D:status></D:propstat>`;

/**
 * Which properties a PROPFIND or PROPPATCH names, but those whose names are absurd; null: all of them. Finds the elements right inside
 * of every `prop`; no more of XML is understood, and entities never are.
 */
export function propertiesIn(xml: string): PropertyName[] | null {
  const names: PropertyName[] = [];
  const scopes: Map<string, string>[] = [new Map([["", ""]])];
  const open: string[] = [];
  let asked = false;
  for (const [, close, tag, attributes, empty] of xml.matchAll(ELEMENTS)) {
    if (close) {
      open.pop();
      if (scopes.length > 1) scopes.pop();
      continue;
    }
    const scope = new Map(scopes.at(-1));
    for (const [, prefix = "", , value] of attributes.matchAll(NAMESPACES)) {
      scope.set(prefix, value);
    }
    const colon = tag.indexOf(":");
    const namespace = scope.get(colon < 0 ? "" : tag.slice(0, colon)) ?? "";
    const name = tag.slice(colon + 1);
    if (namespace === "DAV:" && name === "prop") asked = true;
    const short = namespace.length + name.length <= MOST_NAME_LENGTH;
    if (open.at(-1) === "DAV: prop" && names.length < MOST_PROPERTIES && short) {
      names.push({ namespace, name });
    }
    if (empty) continue;
    if (open.length >= MOST_DEPTH) return names;
    open.push(`${namespace} ${name}`);
    scopes.push(scope);
  }
  return asked ? names : null;
}

const MOST_PROPERTIES = 200;
/** Each entry of a folder repeats them; none that anybody asks for is so long. */
const MOST_NAME_LENGTH = 256;
const MOST_DEPTH = 64;
const ELEMENTS =
  /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/g;
const NAMESPACES = /\bxmlns(?::([\w.-]+))?\s*=\s*(["'])([^"'<]*)\2/g;
