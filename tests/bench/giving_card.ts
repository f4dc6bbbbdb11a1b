/** A card that nobody watches, and that gives every command back unread: what a guest costs alone. */
import type { Audience } from "../../core/guest.ts";
import * as qxl from "../../qxl/memory.ts";
import { Port } from "../../qxl/ports.ts";
import { Releases } from "../../qxl/releases.ts";
import { Ring } from "../../qxl/ring.ts";
import { WatchedCard } from "../../qxl/drivers/watched_card.ts";

const AUDIENCE = {
  whenViewers: () => Promise.resolve(),
  drained: () => Promise.resolve(),
} as unknown as Audience;

export class GivingCard extends WatchedCard {
  /** Off-screen surfaces that there would be. */
  readonly made = new Set<number>();
  #view!: DataView;
  #rings: Ring[] | null = null;
  #releases!: Releases;
  #interrupted: ((level: boolean) => void) | null = null;

  override get audience(): Promise<Audience> {
    return Promise.resolve(AUDIENCE);
  }

  override onInterrupt(listener: (level: boolean) => void): void {
    this.#interrupted = listener;
  }

  override ioWrite(port: number, value: number, size?: number): void {
    switch (port) {
      case Port.notifyCommand:
      case Port.notifyCursor:
        return this.#takeAll();
      case Port.notifyOom:
      case Port.flushRelease:
        this.#open();
        return this.#releases.flush();
      case Port.updateIrq:
      case Port.updateArea:
        return;
    }
    super.ioWrite(port, value, size);
  }

  #takeAll(): void {
    this.#open();
    for (const ring of this.#rings!) {
      while (ring.length > 0 || !ring.waitForItems()) this.#take(ring);
    }
  }

  #take(ring: Ring): void {
    const item = ring.first, view = this.#view;
    // the driver's commands lie in RAM, in the slot that begins there
    const info = view.getUint32(item, true), type = view.getUint32(item + 8, true);
    if (type === qxl.CommandType.surface) {
      const { surfaceId, type } = qxl.SurfaceCmd.at, id = view.getUint32(info + surfaceId, true);
      if (view.getUint8(info + type) === qxl.SurfaceCommandType.create) this.made.add(id);
      else this.made.delete(id);
    }
    if (ring.pop()) this.#raise();
    this.#releases.add(info);
  }

  #raise(): void {
    const { ram } = this, header = this.#header();
    new DataView(ram.buffer, ram.byteOffset).setUint32(
      header + qxl.Ram.at.intPending,
      qxl.Interrupt.display,
      true,
    );
    this.#interrupted?.(true);
  }

  #header(): number {
    const { rom } = this;
    return qxl.Rom.over(new DataView(rom.buffer, rom.byteOffset, rom.byteLength), 0)
      .ramHeaderOffset;
  }

  #open(): void {
    if (this.#rings !== null) return;
    const { ram } = this, at = qxl.Ram.at, header = this.#header();
    const words = new Int32Array(ram.buffer, ram.byteOffset),
      view = this.#view = new DataView(
        ram.buffer,
        ram.byteOffset,
        ram.byteLength,
      );
    this.#rings = [
      new Ring(words, header + at.cursorRing.numItems, qxl.CURSOR_RING_SIZE, qxl.Command.size),
      new Ring(words, header + at.cmdRing.numItems, qxl.COMMAND_RING_SIZE, qxl.Command.size),
    ];
    const raise = { raise: () => this.#raise() };
    const memory = { view, words };
    this.#releases = new Releases(
      memory as never,
      header + at.releaseRing.numItems,
      raise as never,
    );
  }
}
