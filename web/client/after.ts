/** How long to wait before a call; comes back with how to call it off. */
export type After = (ms: number, call: () => void) => () => void;

export const after: After = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};
