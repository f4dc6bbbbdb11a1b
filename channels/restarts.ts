import type { Helper } from "./spawn.ts";

/** A worker that is lost more often is not started again. */
export const MOST_RESTARTS = 5;

/**
 * A worker that another takes the place of when it is lost, if `start` does not throw: the permission for
 * it may be gone by then. Throws what the first start throws.
 */
export function restarting(start: () => Helper): Helper {
  let worker = start(), restarts = 0, closed = false;
  const helper: Helper = {
    post: (message, transfer) => worker.post(message, transfer),
    onMessage: null,
    onLost: null,
    close: () => {
      closed = true;
      worker.close();
    },
  };
  const hear = () => {
    worker.onMessage = (message) => helper.onMessage?.(message);
    worker.onLost = (reason) => {
      if (!closed) helper.onLost?.(reason, again());
    };
  };
  const again = (): boolean => {
    if (++restarts > MOST_RESTARTS) return false;
    try {
      worker = start();
    } catch {
      return false;
    }
    hear();
    return true;
  };
  hear();
  return helper;
}
