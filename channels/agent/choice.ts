import type { Cancel } from "../../core/clock.ts";
import type { Client } from "../client.ts";
import type { Agent, AgentSender, AgentTalk } from "./agent.ts";

/** The first of several agents that is there: the guest's own before who stands in for it. */
export class AgentChoice implements Agent {
  readonly #listeners = new Set<() => void>();
  #current: Agent | undefined;

  constructor(readonly agents: readonly Agent[]) {
    this.#current = this.#first;
    for (const agent of agents) {
      agent.onChange(() => {
        const before = this.#current;
        this.#current = this.#first;
        // of one that is not spoken to, no news matters
        if (this.#current === before && agent !== before) return;
        for (const listener of this.#listeners) listener();
      });
    }
  }

  get #first(): Agent | undefined {
    return this.agents.find((agent) => agent.present);
  }

  get present(): boolean {
    return (this.#current = this.#first) !== undefined;
  }

  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  check(): void {
    for (const agent of this.agents) agent.check();
  }

  join(client: Client, send: AgentSender): AgentTalk {
    return this.#first!.join(client, send);
  }
}
