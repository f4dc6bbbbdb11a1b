/** The cursor that the X server shows, onto the card's cursor ring. */
import type { Driver } from "../../driver.ts";
import type { CursorImage } from "./x11.d.ts";
import type { XDisplay } from "./x_display.ts";

/** A cursor that is larger is none. */
const MOST_SIDE = 512;

export class XCursor {
  #position = { x: 0, y: 0 };
  #asking = false;
  #again = false;

  constructor(readonly display: XDisplay, readonly driver: Pick<Driver, "cursor" | "room">) {
    display.extensions.fixes.SelectCursorInput(display.root, 1);
    display.onEvent((event) => {
      if (event.name === "CursorNotify") this.refresh();
    });
    // clients draw it: what the server draws into its own memory would be a second one
    display.extensions.fixes.HideCursor(display.root);
    this.refresh();
  }

  /** Takes shape and place anew: one question at a time, and the last change is never missed. */
  async refresh(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      do {
        this.#again = false;
        const image = await this.display.ask<CursorImage>((answer) =>
          this.display.extensions.fixes.GetCursorImage(answer)
        );
        this.#position = { x: image.x, y: image.y };
        await this.#set(image);
      } while (this.#again);
    } catch {
      /* the server is gone, and with it the cursor */
    } finally {
      this.#asking = false;
    }
  }

  /** Where the pointer is after somebody moved it by so much. */
  async follow(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const { display } = this;
      const { rootX: x, rootY: y } = await display.ask<{ rootX: number; rootY: number }>(
        (answer) => display.x.QueryPointer(display.root, answer),
      );
      if (x !== this.#position.x || y !== this.#position.y) {
        this.#position = { x, y };
        while (!this.driver.cursor({ kind: "move", position: { x, y } })) await this.driver.room();
      }
    } catch {
      /* as above */
    } finally {
      this.#asking = false;
    }
    if (this.#again) await this.refresh();
  }

  async #set({ width, height, xhot, yhot, cursorImage }: CursorImage): Promise<void> {
    const visible = width > 0 && height > 0 && width <= MOST_SIDE && height <= MOST_SIDE;
    const command = visible
      ? {
        kind: "set",
        position: this.#position,
        visible: true,
        shape: {
          flags: 0,
          header: {
            unique: 0n,
            type: "alpha",
            width,
            height,
            hotSpotX: Math.min(xhot, width - 1),
            hotSpotY: Math.min(yhot, height - 1),
          },
          data: cursorImage,
        },
      } as const
      : { kind: "hide" } as const;
    while (!this.driver.cursor(command)) await this.driver.room();
  }
}
