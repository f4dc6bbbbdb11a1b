/** A question that is under way once at a time: asked meanwhile, it is asked again after its answer. */
export class Inquiry {
  readonly #run: (answered: () => void) => void;
  #state: "idle" | "asking" | "again" = "idle";

  /** run: asks, and calls when it has the answer. */
  constructor(run: (answered: () => void) => void) {
    this.#run = run;
  }

  ask(): void {
    if (this.#state !== "idle") return void (this.#state = "again");
    this.#state = "asking";
    this.#run(() => {
      const again = this.#state === "again";
      this.#state = "idle";
      if (again) this.ask();
    });
  }

  /** Nobody will answer. */
  reset(): void {
    this.#state = "idle";
  }
}
