/** What of a new configuration a running appliance takes over, and what waits for a restart. */
import type { ApplianceOptions } from "./options.ts";

/** Sections of the options that differ. */
export interface Changes {
  /** What is taken over while it runs. */
  readonly now: readonly string[];
  /** What needs a restart: open sockets, the guest and its devices stay as they are. */
  readonly later: readonly string[];
}

const LIVE = ["tickets", "sasl", "channelSecurity", "limits", "log"] as const;

/** What a new configuration changes. */
export function changesOf(old: ApplianceOptions, next: ApplianceOptions): Changes {
  const names = Object.keys(next) as (keyof ApplianceOptions)[];
  const changed = names.filter((name) => textOf(old[name]) !== textOf(next[name]));
  const live = (name: keyof ApplianceOptions) =>
    // who is asked for a ticket, and who for a name, was told when the console started
    (LIVE as readonly string[]).includes(name) && (old.sasl === null) === (next.sasl === null) ||
    name === "web" && textOf(withoutUsers(old)) === textOf(withoutUsers(next));
  return {
    now: changed.filter(live),
    later: changed.filter((name) => !live(name)),
  };
}

/** What is the new configuration's from now on. */
export function takenOver(
  old: ApplianceOptions,
  next: ApplianceOptions,
): Pick<ApplianceOptions, typeof LIVE[number] | "web"> {
  const { tickets, sasl, channelSecurity, limits, log } = next;
  const { users, tokens } = next.web ?? old.web ?? {};
  const web = old.web && { ...old.web, users: users ?? [], tokens: tokens ?? [] };
  return { tickets, sasl, channelSecurity, limits, log, web };
}

/** Of the console only users and tokens can change while it runs. */
const withoutUsers = ({ web }: ApplianceOptions) => web && { ...web, users: [], tokens: [] };

/** Options as text: the same for the same. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => inner instanceof Uint8Array ? inner.toHex() : inner) ?? "";
