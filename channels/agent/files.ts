/** On their way at once: of all clients, and of one, who may drop a whole folder. */
const MOST = 2048, MOST_OF_ONE = 512;

/** Files on their way into the guest, which clients count each for themselves: in the guest each has a number of its own. */
export class Files<Owner> {
  readonly #byGuest = new Map<number, { owner: Owner; id: number }>();
  #next = 1;

  /** A client begins a file. The number in the guest; null: there are too many. */
  begin(owner: Owner, id: number): number | null {
    const before = this.toGuest(owner, id);
    if (before !== null) return before;
    const own = this.owners().filter((one) => one === owner).length;
    if (this.#byGuest.size >= MOST || own >= MOST_OF_ONE) return null;
    while (this.#byGuest.has(this.#next)) this.#step();
    const guest = this.#next;
    this.#step();
    this.#byGuest.set(guest, { owner, id });
    return guest;
  }

  #step(): void {
    this.#next = this.#next === 0x7fffffff ? 1 : this.#next + 1;
  }

  toGuest(owner: Owner, id: number): number | null {
    for (const [guest, file] of this.#byGuest) {
      if (file.owner === owner && file.id === id) return guest;
    }
    return null;
  }

  toClient(guest: number): { readonly owner: Owner; readonly id: number } | null {
    return this.#byGuest.get(guest) ?? null;
  }

  end(guest: number): void {
    this.#byGuest.delete(guest);
  }

  /** A client is gone: the numbers in the guest of what it was sending. */
  drop(owner: Owner): number[] {
    const left = [...this.#byGuest].filter(([, file]) => file.owner === owner).map(([id]) => id);
    for (const id of left) this.#byGuest.delete(id);
    return left;
  }

  /** Whose files are under way. */
  owners(): Owner[] {
    return [...this.#byGuest.values()].map(({ owner }) => owner);
  }

  clear(): void {
    this.#byGuest.clear();
  }
}
