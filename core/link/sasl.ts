import type { Duplex } from "./duplex.ts";

/** Stub. */
export interface Sasl {
  serve(
    duplex: Duplex,
    judge: (
      check: () => Promise<{ readonly identity?: string } | null>,
    ) => Promise<{ readonly identity?: string } | null>,
  ): Promise<{ readonly identity?: string } | null>;
}
