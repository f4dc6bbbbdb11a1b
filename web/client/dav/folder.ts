/// <reference lib="dom" />
/// <reference lib="dom.asynciterable" />
/** A folder that a person has chosen, by paths. Nothing outside of it can be named. */

/** A path as the names in it; [] is the folder itself. */
export type Path = readonly string[];

export type Directory = FileSystemDirectoryHandle;

/** The names of a request's target; null: it leads nowhere that could be. */
export function pathOf(target: string): Path | null {
  let path = target;
  const address = /^https?:\/\/[^/]*(\/.*)?$/i.exec(target);
  if (address) path = address[1] ?? "/";
  path = path.replace(/[?#].*$/, "");
  if (!path.startsWith("/")) return null;
  const names: string[] = [];
  for (const part of path.split("/")) {
    if (part === "") continue;
    let name: string;
    try {
      name = decodeURIComponent(part);
    } catch {
      return null;
    }
    // browsers refuse these, too
    if (name === "." || name === ".." || /[/\\\0]/.test(name)) return null;
    names.push(name);
  }
  return names;
}

/** A path as it stands in an address. */
export const hrefOf = (path: Path, folder: boolean): string =>
  `/${path.map(encodeURIComponent).join("/")}${folder && path.length > 0 ? "/" : ""}`;

/** What lies at a path; null: nothing. */
export async function find(
  root: Directory,
  path: Path,
): Promise<Directory | FileSystemFileHandle | null> {
  if (path.length === 0) return root;
  const folder = await findFolder(root, path.slice(0, -1));
  if (!folder) return null;
  const name = path.at(-1)!;
  return await or(folder.getFileHandle(name), null) ??
    await or(folder.getDirectoryHandle(name), null);
}

export async function findFolder(root: Directory, path: Path): Promise<Directory | null> {
  let at: Directory = root;
  for (const name of path) {
    const next = await or(at.getDirectoryHandle(name), null);
    if (!next) return null;
    at = next;
  }
  return at;
}

/** Copies a file, or a folder with all that is in it (deep: false: the folder alone). */
export async function copy(
  from: Directory | FileSystemFileHandle,
  into: Directory,
  name: string,
  deep = true,
): Promise<void> {
  if (from.kind === "file") {
    const target = await into.getFileHandle(name, { create: true });
    await (await from.getFile()).stream().pipeTo(await target.createWritable());
    return;
  }
  const folder = await into.getDirectoryHandle(name, { create: true });
  if (!deep) return;
  for await (const inner of from.values()) await copy(inner, folder, inner.name);
}

/** SPEC: what is not there, or is of the other kind, is told by errors of these names. */
async function or<T>(handle: Promise<T>, instead: null): Promise<T | null> {
  try {
    return await handle;
  } catch (error) {
    const { name } = error as Error;
    if (name === "NotFoundError" || name === "TypeMismatchError") return instead;
    throw error;
  }
}
