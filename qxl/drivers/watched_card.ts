import type { Audience } from "../../core/guest.ts";
import { Card } from "../device.ts";

/** A card whose driver's owner may know who watches it. */
export class WatchedCard extends Card {
  #audience = Promise.withResolvers<Audience>();
  #attached = false;
  /** Called when the first client came and when the last went. */
  onClients: ((present: boolean) => void) | null = null;

  override attach(audience: Audience | null): void {
    super.attach(audience);
    if (this.#attached) this.#audience = Promise.withResolvers();
    this.#attached = audience !== null;
    if (audience) this.#audience.resolve(audience);
  }

  override clientCapabilities(present: boolean, capabilities: Uint8Array): void {
    super.clientCapabilities(present, capabilities);
    this.onClients?.(present);
  }

  /** Resolves when somebody watches, with who it is. */
  get audience(): Promise<Audience> {
    return this.#audience.promise;
  }
}
