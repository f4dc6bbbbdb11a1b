import type { DisplayOrigin, MonitorRequest } from "../../../core/guest.ts";
import { WatchedCard } from "../watched_card.ts";

/** A card whose size is a server's to grant. */
export class RemoteCard extends WatchedCard {
  /** null: nobody knows yet, so that a wish is kept until somebody does. */
  canResize: boolean | null = null;

  origin: DisplayOrigin | null = null;

  override requestMonitors(heads: readonly MonitorRequest[]): boolean {
    return this.canResize === false ? false : super.requestMonitors(heads);
  }
}
