/** A way to a server that counts what comes back on it. */

export interface Counted {
  readonly port: number;
  /** To the client so far. */
  bytes: number;
  close(): void;
}

export function counting(port: number): Counted {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const counted = { port: listener.addr.port, bytes: 0, close: () => listener.close() };
  (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      near.setNoDelay(true), far.setNoDelay(true);
      near.readable.pipeTo(far.writable).catch(() => {});
      const count = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          counted.bytes += bytes.length;
          controller.enqueue(bytes);
        },
      });
      far.readable.pipeThrough(count).pipeTo(near.writable).catch(() => {});
    }
  })().catch(() => {});
  return counted;
}
