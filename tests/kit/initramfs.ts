/**
 * A Linux small enough to boot in seconds under TCG: the installed Debian kernel, the modules that a
 * test names, and Debian's static busybox. Source of the archive's format: Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst.
 */

/** Where Debian puts them; null: not installed. */
export interface LinuxFiles {
  readonly kernel: string;
  readonly modules: string;
  readonly busybox: string;
}

let found: LinuxFiles | null | undefined;

/** The newest installed kernel that has its modules, and busybox; null, with the reason printed: there is none. */
export function linuxFiles(): LinuxFiles | null {
  if (found !== undefined) return found;
  found = null;
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find(exists);
  const versions = exists("/boot")
    ? [...Deno.readDirSync("/boot")].flatMap(({ name }) => /^vmlinuz-(.*)$/.exec(name)?.[1] ?? [])
    : [];
  const version = versions.toSorted().findLast((v) => exists(`/lib/modules/${v}/modules.dep`));
  if (busybox === undefined) console.log("not installed: busybox-static");
  else if (version === undefined) console.log("not installed: linux-image-amd64");
  else {
    found = { kernel: `/boot/vmlinuz-${version}`, modules: `/lib/modules/${version}`, busybox };
  }
  return found;
}

/** Options for Deno.test: ignored, with the reason printed, unless there is a Linux to boot. */
export const needsLinux = (): { ignore: boolean } => ({ ignore: linuxFiles() === null });

export interface InitramfsOptions {
  /** Names of kernel modules, as modprobe takes them; what they need is loaded before them. */
  readonly modules?: readonly string[];
  /** Shell lines that run as the first process, once modules are loaded and /proc, /sys, /dev are there. */
  readonly init: string;
  /** Further files: path in the guest → contents. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Symbolic links: path in the guest → what it stands for. */
  readonly links?: Readonly<Record<string, string>>;
}

/** The archive that the kernel unpacks as its root. */
export function initramfs(
  { modules = [], init, files = {}, links = {} }: InitramfsOptions,
): Uint8Array {
  const linux = linuxFiles();
  if (linux === null) throw new Error("There is no Linux to boot");
  const archive = new Cpio();
  for (const folder of ["bin", "dev", "etc", "proc", "sys", "tmp", "mnt", "lib"]) {
    archive.folder(folder);
  }
  archive.file("bin/busybox", Deno.readFileSync(linux.busybox));
  const loads: string[] = [];
  for (const path of withNeeded(linux.modules, modules)) {
    const name = path.replace(/^.*\//, "");
    archive.file(`lib/${name}`, Deno.readFileSync(`${linux.modules}/${path}`));
    loads.push(`insmod /lib/${name} || echo "no ${name}"`);
  }
  for (const [path, bytes] of Object.entries(files)) archive.file(path.replace(/^\//, ""), bytes);
  for (const [path, to] of Object.entries(links)) archive.link(path.replace(/^\//, ""), to);
  const script = [
    "#!/bin/busybox sh",
    "export PATH=/bin HOME=/",
    "/bin/busybox --install -s /bin",
    "mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev",
    "mkdir -p /dev/pts; mount -t devpts devpts /dev/pts",
    ...loads,
    init,
    "while true; do sleep 1000; done",
    "",
  ].join("\n");
  archive.file("init", new TextEncoder().encode(script));
  return archive.end();
}

/** Paths of these modules and all that they need, in the order in which they are loaded. */
function withNeeded(folder: string, names: readonly string[]): string[] {
  const needs = new Map<string, string[]>();
  const byName = new Map<string, string>();
  for (const line of Deno.readTextFileSync(`${folder}/modules.dep`).split("\n")) {
    const [path, rest] = line.split(":");
    if (rest === undefined) continue;
    needs.set(path, rest.trim().split(" ").filter((need) => need !== ""));
    byName.set(moduleName(path), path);
  }
  const built = new Set(
    Deno.readTextFileSync(`${folder}/modules.builtin`).split("\n").map(moduleName),
  );
  const order: string[] = [];
  const add = (path: string) => {
    if (order.includes(path)) return;
    for (const need of needs.get(path) ?? []) add(need);
    order.push(path);
  };
  for (const name of names) {
    const path = byName.get(moduleName(name));
    if (path !== undefined) add(path);
    else if (!built.has(moduleName(name))) throw new Error(`The kernel has no module ${name}`);
  }
  return order;
}

const moduleName = (path: string) =>
  path.replace(/^.*\//, "").replace(/\.ko(\.\w+)?$/, "").replaceAll("-", "_");

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** An archive in the "newc" format. */
class Cpio {
  readonly #parts: Uint8Array[] = [];
  readonly #folders = new Set<string>();
  #size = 0;
  #inode = 1;

  /** Once, and what it lies in before it. */
  folder(name: string): void {
    if (this.#folders.has(name)) return;
    this.#folders.add(name);
    this.#within(name);
    this.#entry(name, 0o040755, new Uint8Array(0));
  }

  file(name: string, bytes: Uint8Array): void {
    this.#within(name);
    this.#entry(name, 0o100755, bytes);
  }

  link(name: string, to: string): void {
    this.#within(name);
    this.#entry(name, 0o120777, new TextEncoder().encode(to));
  }

  #within(name: string): void {
    const end = name.lastIndexOf("/");
    if (end > 0) this.folder(name.slice(0, end));
  }

  end(): Uint8Array {
    this.#entry("TRAILER!!!", 0, new Uint8Array(0));
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #entry(name: string, mode: number, bytes: Uint8Array): void {
    const named = new TextEncoder().encode(name + "\0");
    const numbers = [this.#inode++, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, named.length, 0];
    const head = "070701" + numbers.map((n) => n.toString(16).padStart(8, "0")).join("");
    this.#put(new TextEncoder().encode(head));
    this.#put(named);
    this.#pad();
    this.#put(bytes);
    this.#pad();
  }

  #pad(): void {
    this.#put(new Uint8Array(-this.#size & 3));
  }

  #put(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }
}
