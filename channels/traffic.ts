/** Bytes by channel (`display-0`), both ways. */
export class Traffic {
  readonly sent: Map<string, number>;
  readonly received: Map<string, number>;

  /** before: where it goes on from. */
  constructor(before?: Traffic) {
    this.sent = new Map(before?.sent);
    this.received = new Map(before?.received);
  }

  /** One more channel of this name. */
  add(name: string, channel: {
    readonly outbox: { readonly sentBytes: number };
    readonly receivedBytes: number;
  }): void {
    add(this.sent, name, channel.outbox.sentBytes);
    add(this.received, name, channel.receivedBytes);
  }
}

/** Adds to what stands under a name. */
export function add(sums: Map<string, number>, name: string, n: number): void {
  sums.set(name, (sums.get(name) ?? 0) + n);
}
