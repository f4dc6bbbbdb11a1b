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
