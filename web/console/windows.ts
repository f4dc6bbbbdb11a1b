/// <reference lib="dom" />
/** The guest's other displays in windows of their own, each on a screen of the person's where there are several. */

interface Place {
  readonly availLeft: number;
  readonly availTop: number;
  readonly availWidth: number;
  readonly availHeight: number;
}
interface Details {
  readonly screens: readonly Place[];
  readonly currentScreen: Place;
}

/** Opens a window with this display or head, or brings the one that has it to the front. */
export async function openDisplay(
  { display, head }: { readonly display: number; readonly head?: number },
): Promise<void> {
  const url = new URL(location.href);
  url.searchParams.set("display", `${display}`);
  if (head === undefined) url.searchParams.delete("head");
  else url.searchParams.set("head", `${head}`);
  const id = head ?? display;
  const at = await screenFor(id);
  const features = at
    ? `popup,left=${at.availLeft},top=${at.availTop},width=${at.availWidth},height=${at.availHeight}`
    : "popup,width=1100,height=800";
  open(url, `spice-display-${id}`, features)?.focus();
}

/** The screens that this page is not on, one after the other; null: there is one, or it stays secret. */
async function screenFor(id: number): Promise<Place | null> {
  const { isExtended } = screen as { isExtended?: boolean };
  const { getScreenDetails } = globalThis as { getScreenDetails?: () => Promise<Details> };
  if (!isExtended || !getScreenDetails) return null;
  try {
    const { screens, currentScreen } = await getScreenDetails();
    const others = screens.filter((one) => one !== currentScreen);
    return others.length > 0 ? others[(Math.max(1, id) - 1) % others.length] : null;
  } catch {
    return null;
  }
}
