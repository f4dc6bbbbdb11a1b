/** The made executable, and a place to run it in that holds nothing else. */
import { run } from "./peers.ts";

const root = new URL("../../", import.meta.url);

/** Runs `deno task compile` as far as it can be done without the net, and returns where the program is. sources: a folder of them. */
export async function makeExecutable(folder: string, sources: URL = root): Promise<string> {
  const output = `${folder}/spice-appliance`;
  const path = sources.pathname;
  const deno = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), { args, cwd: path, stdout: "piped", stderr: "piped" })
      .output();
  const bundled = await deno("task", "bundle");
  const made = bundled.success
    ? await deno("run", "-A", ".ci/compile/main.ts", "--around", "--output", output)
    : bundled;
  if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));
  return output;
}

/** A folder with the executable, the libraries of libc that it names, a configuration and `/proc`. */
export async function emptyRoot(executable: string, config: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "empty-root-" });
  await Deno.chmod(folder, 0o755);
  const { out } = await run("ldd", [executable]);
  const libraries = [...out.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path);
  for (const path of [...libraries, executable]) {
    const to = path === executable ? `${folder}/spice-appliance` : folder + path;
    await Deno.mkdir(to.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(path, to);
  }
  await Deno.mkdir(`${folder}/proc`);
  await Deno.writeTextFile(`${folder}/spice.cfg`, config);
  return folder;
}

/**
 * A command that runs the program with this folder as its root, which cannot be written to, as nobody,
 * without a single variable of the environment.
 */
export function inRoot(folder: string, ...args: string[]): Deno.Command {
  const script = `set -e
mount --bind "$0" "$0"
mount -o remount,ro,bind "$0"
mount -t proc proc "$0/proc"
exec env -i /usr/sbin/chroot --userspec=65534:65534 --groups= "$0" /spice-appliance "$@"`;
  return new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", script, folder, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Why no such root can be made here; null: it can. */
export async function whyNoRoot(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "chroot is for Linux";
  const { success } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", "mount -t tmpfs none /mnt && /usr/sbin/chroot / true"],
    stdout: "null",
    stderr: "null",
  }).output().catch(() => ({ success: false }));
  return success ? null : "mounting and chroot are not allowed here";
}
