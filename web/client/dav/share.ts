/// <reference lib="dom" />
/** A folder of this computer, shared over a stream with the guest for as long as the page wants. */
import { GuestStream } from "../ports/guest_stream.ts";
import { Connections } from "./connections.ts";
import type { Directory } from "./folder.ts";
import { DavServer } from "./server.ts";

/** What is shared, as the page tells it. */
export interface ShareOrder {
  readonly folder: Directory;
  readonly writable: boolean;
  /** The stream, as Viewer.stream gives it. */
  readonly port: MessagePort;
}

/** How it goes. */
export type ShareNews =
  | { news: "linked" }
  | { news: "gone"; why: string }
  /** A request of the guest's was answered. */
  | { news: "served"; method: string; target: string; status: number };

/** Begins; ends when the stream's port is closed. */
export function share(
  { folder, writable, port }: ShareOrder,
  tell: (news: ShareNews) => void,
): void {
  const server = new DavServer(folder, {
    writable,
    now: () => performance.now(),
    uuid: () => crypto.randomUUID(),
  });
  const connections = new Connections({
    answer: (request) => server.answer(request),
    send: (bytes) => stream.write(bytes),
    served: (method, target, status) => tell({ news: "served", method, target, status }),
  });
  const stream: GuestStream = new GuestStream(port, {
    linked: () => {
      connections.reset();
      tell({ news: "linked" });
    },
    opened: () => connections.reset(),
    data: (bytes) => connections.push(bytes),
    gone: (why) => {
      connections.reset();
      tell({ news: "gone", why });
    },
  });
}
