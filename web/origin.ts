/** Whether a page of the console sent a request. Source of truth: RFC 6454; Fetch, "Sec-Fetch-Site". */
import { hostOf } from "../core/link/origin.ts";

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
