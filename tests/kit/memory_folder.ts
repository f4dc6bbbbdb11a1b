/** A folder as browsers give one, in memory. Source of truth: the File System standard. */

const wrong = (name: "NotFoundError" | "TypeMismatchError") => new DOMException(name, name);

class MemoryFile {
  readonly kind = "file";
  #content = new Uint8Array(0);
  #changed = Date.now();
  constructor(readonly name: string) {}

  getFile(): Promise<File> {
    const { name } = this;
    return Promise.resolve(new File([this.#content], name, { lastModified: this.#changed }));
  }

  createWritable() {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    return Promise.resolve(
      new WritableStream<Uint8Array>({
        write: (bytes) => void parts.push(bytes.slice()),
        close: async () => {
          this.#content = new Uint8Array(await new Blob(parts).arrayBuffer());
          this.#changed = Math.max(Date.now(), this.#changed + 1);
        },
      }),
    );
  }
}

export class MemoryFolder {
  readonly kind = "directory";
  readonly entries = new Map<string, MemoryFile | MemoryFolder>();
  constructor(readonly name = "") {}

  /** As the code under test knows it. */
  get handle(): FileSystemDirectoryHandle {
    return this as unknown as FileSystemDirectoryHandle;
  }

  // deno-lint-ignore require-await
  async getFileHandle(name: string, options?: { create?: boolean }): Promise<MemoryFile> {
    const there = this.entries.get(name);
    if (there instanceof MemoryFolder) throw wrong("TypeMismatchError");
    if (there) return there;
    if (!options?.create) throw wrong("NotFoundError");
    const made = new MemoryFile(name);
    this.entries.set(name, made);
    return made;
  }

  // deno-lint-ignore require-await
  async getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<MemoryFolder> {
    const there = this.entries.get(name);
    if (there instanceof MemoryFile) throw wrong("TypeMismatchError");
    if (there) return there;
    if (!options?.create) throw wrong("NotFoundError");
    const made = new MemoryFolder(name);
    this.entries.set(name, made);
    return made;
  }

  // deno-lint-ignore require-await
  async removeEntry(name: string): Promise<void> {
    if (!this.entries.delete(name)) throw wrong("NotFoundError");
  }

  async *values() {
    yield* [...this.entries.values()];
  }

  async put(name: string, content: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const file = await this.getFileHandle(name, { create: true });
    const writer = (await file.createWritable()).getWriter();
    await writer.write(typeof content === "string" ? new TextEncoder().encode(content) : content);
    await writer.close();
  }

  async read(name: string): Promise<string> {
    return await (await (await this.getFileHandle(name)).getFile()).text();
  }
}
