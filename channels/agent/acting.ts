/**
 * The agent that the appliance plays itself: where a guest has none, its card may still be asked for
 * another arrangement of monitors, and its display may reach the guest's selections. Clients have no
 * other way to ask for either than through an agent.
 * Source of truth: vd_agent.h; reds.cpp, reds_use_client_monitors_config.
 */
import type { Cancel, Clock } from "../../core/clock.ts";
import type { ClipboardSelection, ClipboardType, Guest, GuestClipboard } from "../../core/guest.ts";
import { AgentCap } from "../../core/protocol/agent.ts";
import { Capabilities } from "../../core/protocol/capabilities.ts";
import type { Client } from "../client.ts";
import { ActingTalk } from "./acting_talk.ts";
import type { Agent, AgentRights, AgentSender, AgentTalk } from "./agent.ts";
import { Monitors } from "./monitors.ts";

const MONITORS = [
  AgentCap.monitorsConfig,
  AgentCap.reply,
  AgentCap.sparseMonitorsConfig,
  AgentCap.monitorsConfigPosition,
];
const CLIPBOARD = [
  AgentCap.clipboardByDemand,
  AgentCap.clipboardSelection,
  AgentCap.clipboardNoReleaseOnRegrab,
  AgentCap.guestLineendLf,
];

/** For all clients of a guest. */
export class ActingAgent implements Agent {
  readonly monitors: Monitors;
  readonly clipboard: GuestClipboard | null;
  /** What the guest has, by selection. */
  readonly guestHas: Map<ClipboardSelection, readonly ClipboardType[]> = new Map();
  readonly #talks = new Set<ActingTalk>();
  readonly #listeners = new Set<() => void>();
  #resizable: boolean | null = null;

  constructor(
    guest: Pick<Guest, "displays" | "clipboard">,
    clock: Clock,
    rights: AgentRights = { copyPaste: true, fileTransfer: true },
  ) {
    this.monitors = new Monitors(guest.displays, clock);
    this.clipboard = rights.copyPaste ? guest.clipboard ?? null : null;
    this.clipboard?.onOffer((selection, types) => {
      if (types.length > 0) this.guestHas.set(selection, types);
      else this.guestHas.delete(selection);
      for (const talk of this.#talks) talk.guestOffers(selection, types);
    });
  }

  get present(): boolean {
    return this.clipboard !== null || (this.#resizable ??= this.monitors.available);
  }

  /** What it can now. */
  get capabilities(): Capabilities {
    this.#resizable ??= this.monitors.available;
    return Capabilities.of(
      ...this.#resizable ? MONITORS : [],
      ...this.clipboard ? CLIPBOARD : [],
    );
  }

  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  check(): void {
    const before = this.present, resizable = this.#resizable;
    // a guest that boots while somebody watches can be asked from some moment on; none forgets how
    if (resizable === true) return;
    this.#resizable = this.monitors.available;
    if (this.#resizable === resizable) return;
    if (before !== this.present) { for (const listener of this.#listeners) listener(); }
    // one that takes no answers hears of it when it asks; who checks here is somebody else
    else for (const talk of this.#talks) if (!talk.behind) talk.announce();
  }

  join(client: Client, send: AgentSender): AgentTalk {
    const talk = new ActingTalk(this, client, send, () => this.#talks.delete(talk));
    this.#talks.add(talk);
    return talk;
  }

  /** A client has something for the guest: what others had in that selection is not to be had any more. */
  offered(selection: ClipboardSelection, by: ActingTalk): void {
    this.guestHas.delete(selection);
    for (const talk of this.#talks) if (talk !== by) talk.lostTo(selection);
  }
}
