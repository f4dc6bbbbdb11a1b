/// <reference lib="dom" />
/** The engine in a worker: only its message loop. */
import { Engine } from "./engine.ts";
import type { News, Order } from "./orders.ts";

const scope = globalThis as unknown as {
  postMessage(news: News): void;
  onmessage: (event: MessageEvent<Order>) => void;
};
const engine = new Engine((news) => scope.postMessage(news));
scope.onmessage = ({ data }) => engine.hear(data);
