/// <reference lib="dom" />
/** Menus below the bar's buttons, and what stands in them. */
import { find } from "./page.ts";

/** Makes the popover `#name-menu` the menu of the button `#name`; arrows walk through it. */
export function menuOf(name: string, onOpen: () => void = () => {}): HTMLElement {
  const button = find(name), menu = find(`${name}-menu`);
  menu.addEventListener("beforetoggle", (event) => {
    if ((event as ToggleEvent).newState === "open") onOpen();
  });
  menu.addEventListener("toggle", (event) => {
    const shown = (event as ToggleEvent).newState === "open";
    button.setAttribute("aria-expanded", `${shown}`);
    if (!shown) return;
    const { left } = button.getBoundingClientRect();
    // where the bar is when it is seen: it may still be on its way
    const { offsetTop, offsetHeight } = button.parentElement!;
    menu.style.top = `${offsetTop + offsetHeight + 8}px`;
    // what is near the edge would be narrower
    menu.style.left = "8px";
    menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
    menu.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
  });
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll<HTMLElement>("button:not(:disabled)")]
      .filter((item) => item.checkVisibility());
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length].focus();
  });
  return menu;
}

/** A line of a menu. `role`: menuitem unless said. */
export function item(label: string, act: () => void, role = "menuitem"): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("role", role);
  button.textContent = label;
  button.addEventListener("click", act);
  return button;
}

/** Of the buttons with this data attribute one is chosen; the browser remembers which. */
export function choices(
  key: "scaling" | "theme",
  first: string,
  choose: (value: string) => void,
  memory: { kept(name: string): string | null; keep(name: string, value: string): void },
): void {
  const items = [...document.querySelectorAll<HTMLElement>(`button[data-${key}]`)];
  const set = (value: string) => {
    choose(value);
    for (const one of items) one.setAttribute("aria-checked", `${one.dataset[key] === value}`);
  };
  const before = memory.kept(key);
  set(items.some((one) => one.dataset[key] === before) ? before! : first);
  for (const one of items) {
    one.addEventListener("click", () => {
      set(one.dataset[key]!);
      memory.keep(key, one.dataset[key]!);
    });
  }
}
