/// <reference lib="dom" />
/** An element's size in pixels of the screen: it changes with the window, and with the screen that shows it. */

/** Calls when the element has more or fewer pixels, and once at first; until the signal. */
export function onPixels(element: Element, call: () => void, signal?: AbortSignal): void {
  const observer = new ResizeObserver(call);
  signal?.addEventListener("abort", () => observer.disconnect());
  try {
    observer.observe(element, { box: "device-pixel-content-box" });
  } catch {
    // SPEC: a browser that knows no such box throws
    observer.observe(element);
    onRatio(call, signal);
  }
}

/** Calls when a CSS pixel is of more or fewer of the screen. */
function onRatio(call: () => void, signal?: AbortSignal): void {
  if (signal?.aborted) return;
  // it only tells that the ratio is no longer this one
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => {
    if (signal?.aborted) return;
    call();
    onRatio(call, signal);
  }, { once: true, signal });
}
