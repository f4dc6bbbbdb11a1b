/** A client's end of a channel that wants little of it: what it does not care for is passed over. */
import { Outbox } from "../../core/link/outbox.ts";
import { Peer } from "../../core/link/peer.ts";
import type { Base } from "../../core/protocol/base.ts";
import type { Answers, Channel, Table } from "../../core/protocol/channel.ts";

/** The client's side of a channel. */
export type ClientPeer<C extends Table, S extends Table> = Peer<
  S & typeof Base.server,
  C & typeof Base.client
>;

/** Answers pings and asks for acknowledgement, and whatever else `answers` has. */
export function attend<C extends Table, S extends Table>(
  channel: Channel<C, S>,
  mini: boolean,
  limitBytes: number,
  answersOf: (peer: ClientPeer<C, S>) => Partial<Answers<S & typeof Base.server>>,
): ClientPeer<C, S> {
  const { server: incoming, client: outgoing } = channel;
  const outbox = new Outbox(16 << 20);
  const peer = new Peer({ incoming, outgoing, mini, limitBytes, outbox });
  const send = peer.send as unknown as {
    ackSync(body: { generation: number }): void;
    ack(): void;
    pong(body: { id: number; timestamp: bigint }): void;
  };
  let window = 0, count = 0;
  const base: Partial<Answers<typeof Base.server>> = {
    setAck({ generation, window: size }) {
      window = count = size;
      send.ackSync({ generation });
    },
    ping: ({ id, timestamp }) => send.pong({ id, timestamp }),
    disconnecting: () => outbox.close(),
  };
  const own = { ...base, ...answersOf(peer) } as Record<string, (body: unknown) => void>;
  const answers: Record<string, (body: unknown) => void> = {};
  for (const name in incoming.byName) {
    answers[name] = (body) => {
      own[name]?.(body);
      if (name === "setAck" || window === 0 || --count > 0) return;
      count = window;
      send.ack();
    };
  }
  peer.answer(answers as Answers<S & typeof Base.server>);
  return peer;
}
