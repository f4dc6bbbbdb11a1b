/// <reference lib="dom" />
/** The shared folder's server in a worker: only its message loop. */
import { share, type ShareNews, type ShareOrder } from "./share.ts";

const scope = globalThis as unknown as {
  postMessage(news: ShareNews): void;
  onmessage: (event: MessageEvent<ShareOrder>) => void;
};
scope.onmessage = ({ data }) => share(data, (news) => scope.postMessage(news));
