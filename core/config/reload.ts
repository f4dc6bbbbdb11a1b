/** What of a new configuration a running appliance takes over, and what waits for a restart. */
import type { ApplianceOptions } from "./options.ts";

/** Sections of the options that differ. */
export interface Changes {
  /** What is taken over while it runs. */
  readonly now: readonly (keyof ApplianceOptions)[];
  /** What needs a restart: open sockets, the guest and its devices stay as they are. */
  readonly later: readonly (keyof ApplianceOptions)[];
}

/** What a new configuration changes. */
export function changesOf(old: ApplianceOptions, next: ApplianceOptions): Changes {
  const differs = (name: keyof ApplianceOptions) => textFor(old, name) !== textFor(next, name);
  // who is asked for a ticket, and who for a name, was told when the console started
  const sameLogin = (old.sasl === null) === (next.sasl === null);
  const live: Partial<Record<keyof ApplianceOptions, boolean>> = {
    // INVARIANT: what was said of other sockets opens none of those that stay
    tickets: sameLogin && !(next.tickets.disabled && differs("listen")),
    sasl: sameLogin,
    channelSecurity: !differs("listen") && !differs("tls"),
    limits: true,
    log: true,
    web: textOf(withoutUsers(old)) === textOf(withoutUsers(next)),
  };
  const changed = (Object.keys(next) as (keyof ApplianceOptions)[]).filter(differs);
  return {
    now: changed.filter((name) => live[name]),
    later: changed.filter((name) => !live[name]),
  };
}

/** The configuration from now on: what waits for a restart is the old one's. */
export function takenOver(old: ApplianceOptions, next: ApplianceOptions): ApplianceOptions {
  const { now } = changesOf(old, next);
  return { ...old, ...Object.fromEntries(now.map((name) => [name, next[name]])) };
}

/** A section as text; which variables a session was started without says nothing of the guest. */
const textFor = ({ guest, ...options }: ApplianceOptions, name: keyof ApplianceOptions): string =>
  textOf(name === "guest" ? { ...guest, withheld: [] } : options[name]);

/** Of the console only users and tokens can change while it runs. */
const withoutUsers = ({ web }: ApplianceOptions) => web && { ...web, users: [], tokens: [] };

/** Options as text: the same for the same. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => inner instanceof Uint8Array ? inner.toHex() : inner) ?? "";
