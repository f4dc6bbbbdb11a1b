import type { Clock } from "../../core/clock.ts";
import type { AgentOptions } from "../../core/config/options.ts";
import type { Guest, GuestPort, Pointer } from "../../core/guest.ts";
import type { Log } from "../../core/log.ts";
import { ActingAgent } from "./acting.ts";
import type { Agent } from "./agent.ts";
import { AgentChoice } from "./choice.ts";
import { AgentPointer } from "./pointer.ts";
import { RelayAgent } from "./relay.ts";

/** Whom clients' agent messages go to, and the guest's pointer with that one's help. */
export function openAgent(
  guest: Guest,
  port: GuestPort | undefined,
  rights: AgentOptions,
  clock: Clock,
  log: Log,
): { agent: Agent; pointer: Pointer } {
  const acting = new ActingAgent(guest, clock, rights);
  if (!port) return { agent: acting, pointer: guest.pointer };
  const { monitors } = acting;
  const relay = new RelayAgent({ port, monitors, rights, clock, log });
  const pointer = rights.mouse
    ? new AgentPointer(guest.pointer, relay, guest.displays.length)
    : guest.pointer;
  return { agent: new AgentChoice([relay, acting]), pointer };
}
