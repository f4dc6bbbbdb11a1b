/** A stream of bytes both ways, whatever carries it: TCP, TLS, a Unix socket, a WebSocket, a pair in memory. */
export interface Duplex {
  /** Reads at least one byte into the buffer; null: the other end closed. Rejects when the stream breaks. */
  read(into: Uint8Array): Promise<number | null>;
  /**
   * Writes some of the bytes and returns how many. The bytes may not change until then; they may be
   * shared memory. lastAt: where the last message among them begins, if others come before it: a
   * carrier made of records must begin a new one there (channels/tls.ts says why).
   */
  write(bytes: Uint8Array, lastAt?: number): Promise<number>;
  /** Ends both directions at once. May be called again. */
  close(): void;
  /** Says that nothing more is written, and goes on reading; where the carrier can. */
  closeWrite?(): Promise<void>;
  readonly remote: Remote;
}

/** Who is at the other end, as far as policy and logs care. */
export interface Remote {
  /** What failed logins are counted by: an IP address, or "unix". */
  readonly address: string;
  readonly transport: "tcp" | "unix" | "memory";
  /** The bytes are inside TLS. */
  readonly secure: boolean;
  /** The bytes are inside WebSocket frames. */
  readonly webSocket: boolean;
}
