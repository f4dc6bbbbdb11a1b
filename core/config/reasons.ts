/** What the system's errors mean to a person, in words. */

/** Why a file cannot be opened. */
export function whyNot(path: string, error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotFound") return `${path}: there is no such file`;
  if (name === "PermissionDenied") return `${path}: may not be opened`;
  if (name === "NotCapable") {
    return `${path}: was not named when the appliance started, so it may not be opened now`;
  }
  return `${path}: ${error instanceof Error ? error.message : error}`;
}

/** Deno's sockets and node:net's say it differently: at an address of another machine the latter says EINVAL. */
export function isListenError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? `${error.code}` : "";
  return /^(EADDRINUSE|EADDRNOTAVAIL|EACCES|EINVAL|ENOTFOUND)$/.test(code) ||
    error.message.startsWith("failed to lookup address");
}
