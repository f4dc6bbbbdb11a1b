/// <reference lib="dom" />
/** The browser asks before it closes a page that would lose something: Ctrl+W may have been meant for the guest. */

/** what: there is something to lose, now. */
export function askBeforeLeaving(what: () => boolean): void {
  addEventListener("beforeunload", (event) => {
    if (what()) event.preventDefault();
  });
}
