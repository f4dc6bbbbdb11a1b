/** Looks at every byte that crosses between a client and the guest, and lets it pass or not. */
export interface StreamGuard {
  /** Throws what is wrong: the client's mistakes end its channel. */
  fromClient(bytes: Uint8Array): void;
  /** Throws what is wrong: the guest's mistakes end its socket. */
  fromGuest(bytes: Uint8Array): void;
  /** Where bytes for the client go; set before anything is said. */
  toClient: (bytes: Uint8Array) => void;
}
