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

/**
 * Opens a window with this display or head, or brings the one that has it to the front. false: the
 * browser keeps windows from this page. To be called where the person did something.
 */
export function openDisplay(
  { display, head }: { readonly display: number; readonly head?: number },
): boolean {
  const url = new URL(location.href);
  url.searchParams.set("display", `${display}`);
  if (head === undefined) url.searchParams.delete("head");
  else url.searchParams.set("head", `${head}`);
  const id = head ?? display;
  // SPEC: a click is good for one window and is used up by it, and asking for the screens needs it too
  const place = screenFor(id);
  const opened = open(url, `spice-display-${id}`, "popup,width=1100,height=800");
  if (!opened) return false;
  // one that was there stays where the person put it
  const fresh = isBlank(opened);
  opened.focus();
  if (fresh) void place.then((at) => at && move(opened, at));
  return true;
}

/** One that went to another site meanwhile does not say where it is. */
function isBlank({ location }: Window): boolean {
  try {
    return location.href === "about:blank";
  } catch {
    return false;
  }
}

function move(opened: Window, at: Place): void {
  opened.moveTo(at.availLeft, at.availTop);
  opened.resizeTo(at.availWidth, at.availHeight);
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
