/**
 * Whose page sent a request. Source of truth: RFC 6454; Fetch, "Origin" and "Sec-Fetch-Site".
 * Browsers name a page's origin; programs name none, and have nothing that a page could steal.
 */

/** The request comes from a page of this console, or from a program. */
export function isOurs(headers: Headers, secure: boolean): boolean {
  // SPEC: "none" is a person who typed the address
  const site = headers.get("sec-fetch-site") ?? "same-origin";
  if (site !== "same-origin" && site !== "none") return false;
  const origin = headers.get("origin");
  if (origin === null) return true;
  const url = URL.parse(origin);
  if (url === null || url.host !== hostOf(headers)) return false;
  return url.protocol === "https:" || url.protocol === "http:" && !secure;
}

/** The page is of the same machine, at whatever port; for pages of a person's own, such as spice-html5. */
export function isSameMachine(headers: Headers): boolean {
  const origin = headers.get("origin");
  if (origin === null) return true;
  return URL.parse(origin)?.hostname === nameOf(headers);
}

/**
 * Where nobody is asked who they are, a page of anybody's could point its own name at this machine
 * and be of the same origin (DNS rebinding): so only addresses, localhost and `names` are answered.
 */
export function isKnownHost(headers: Headers, names: readonly string[]): boolean {
  const name = nameOf(headers);
  if (name === null) return false;
  return /^(\d+\.){3}\d+$|^\[.*\]$/.test(name) || /(^|\.)localhost$/.test(name) ||
    names.includes(name);
}

/** The host and port that the client wrote: `console.example.org:5980`; null: nothing usable. */
export function hostOf(headers: Headers): string | null {
  return urlOf(headers)?.host ?? null;
}

/** The host's name alone: `console.example.org`, `[::1]`. */
export function nameOf(headers: Headers): string | null {
  return urlOf(headers)?.hostname ?? null;
}

function urlOf(headers: Headers): URL | null {
  const host = headers.get("host");
  if (host === null || !/^[\w.:[\]-]{1,255}$/.test(host)) return null;
  return URL.parse(`http://${host}`);
}
