/// <reference lib="dom" />
/** What the parts of the page have in common. */

/** The element with this id. */
export function find<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new TypeError(`The page has no #${id}`);
  return element as E;
}

/** What this browser keeps for the page; null: nothing, or it may not keep anything. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`console.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`console.${name}`, value);
  } catch { /* it is the same without */ }
}

/** Calls when another page of this browser keeps something else under this name. */
export function onKept(name: string, call: () => void): void {
  addEventListener("storage", (event) => {
    if ((event as StorageEvent).key === `console.${name}`) call();
  });
}

/** Gives a file to the person, named after the page and the moment. */
export function save(file: Blob, ending: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  const now = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  link.download = `${document.title} ${now}${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

let fading: ReturnType<typeof setTimeout> | undefined;
let latest = "";

/** A short word at the bottom; "" takes the last one back. */
export function toast(text: string): void {
  clearTimeout(fading);
  latest = text;
  find("toast").textContent = "";
  if (text === "") return;
  // what is taken back at once is not worth a word
  fading = setTimeout(() => {
    find("toast").textContent = text;
    fading = setTimeout(() => find("toast").textContent = "", 4000);
  }, 300);
}

/** Takes this word back, seen or about to be, unless another was said since. */
export function untoast(text: string): void {
  if (latest === text) toast("");
}
