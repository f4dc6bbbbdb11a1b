/** What the kernel tells of a process; proc(5) is the source of truth. Linux alone. */

/** Of other processes Deno reads nothing here unless it may do everything, so programs do. */
function told(program: string, ...args: string[]): string {
  const { stdout } = new Deno.Command(program, { args, stdout: "piped", stderr: "null" })
    .outputSync();
  return new TextDecoder().decode(stdout);
}

/** Its processor time in seconds, of all threads, user's and system's. */
export function cpuSeconds(pid: number): number {
  const stat = told("cat", `/proc/${pid}/stat`);
  // behind the name, which may have anything in it: utime and stime, in hundredths of a second
  const fields = stat.replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Its memory in bytes: all that is resident, and what of it no file could give back. */
export function memory(pid: number): { readonly resident: number; readonly anonymous: number } {
  const status = told("cat", `/proc/${pid}/status`);
  const bytes = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)![1]) * 1024;
  return {
    resident: bytes("VmRSS"),
    // shared memory, of which guests' cards are made, is counted by itself
    anonymous: bytes("RssAnon") + bytes("RssShmem"),
  };
}

/** Its open TCP sockets, listening ones among them. What runtimes keep for their threads is in no table of TCP. */
export function tcpSockets(pid: number): number {
  const tables = told("cat", `/proc/${pid}/net/tcp`, `/proc/${pid}/net/tcp6`);
  const tcp = new Set(
    tables.split("\n").map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`),
  );
  const open = told("find", `/proc/${pid}/fd`, "-lname", "socket:*", "-printf", "%l\n");
  return open.split("\n").filter((link) => tcp.has(link)).length;
}
