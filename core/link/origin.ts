/**
 * Whose page sent a request. Source of truth: RFC 6454; Fetch, "Origin".
 * Browsers name a page's origin; programs name none, and have nothing that a page could steal.
 */

/** By name in lower case: `Headers`, or a map. */
export interface RequestHeaders {
  get(name: "host" | "origin"): string | null | undefined;
}

/** The page is of the same machine, at whatever port; for pages of a person's own, such as spice-html5. */
export function isSameMachine(headers: RequestHeaders): boolean {
  const origin = headers.get("origin");
  if (origin === undefined || origin === null) return true;
  return URL.parse(origin)?.hostname === nameOf(headers);
}

/**
 * Where nobody is asked who they are, a page of anybody's could point its own name at this machine
 * and be of the same origin (DNS rebinding): so only addresses, localhost and `names` are answered.
 */
export function isKnownHost(headers: RequestHeaders, names: readonly string[]): boolean {
  const name = nameOf(headers);
  if (name === null) return false;
  return /^(\d+\.){3}\d+$|^\[.*\]$/.test(name) || /(^|\.)localhost$/.test(name) ||
    names.includes(name);
}

/** The host and port that the client wrote: `console.example.org:5980`; null: nothing usable. */
export function hostOf(headers: RequestHeaders): string | null {
  return urlOf(headers)?.host ?? null;
}

/** The host's name alone: `console.example.org`, `[::1]`. */
export function nameOf(headers: RequestHeaders): string | null {
  return urlOf(headers)?.hostname ?? null;
}

function urlOf(headers: RequestHeaders): URL | null {
  const host = headers.get("host");
  if (host === undefined || host === null || !/^[\w.:[\]-]{1,255}$/.test(host)) return null;
  return URL.parse(`http://${host}`);
}
