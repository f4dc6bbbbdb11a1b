/**
 * The guest's cursor: its shape, place and trail.
 * Source of truth: spice.proto, CursorChannel; cursor-channel.cpp, process_cmd and red_marshall_cursor.
 */
import type { Cancel } from "../core/clock.ts";
import type { CursorCommand, GuestDisplay } from "../core/guest.ts";
import { Peer } from "../core/link/peer.ts";
import { Capabilities, DisplayCap, MainCap } from "../core/protocol/capabilities.ts";
import { type Cursor, CursorChannel, CursorFlags } from "../core/protocol/cursor.ts";
import { ChannelType } from "../core/protocol/link.ts";
import { alphaPixels } from "../core/raster/cursor_alpha.ts";
import { baseAnswers } from "./base.ts";
import type { Client } from "./client.ts";
import { CursorCache } from "./cursor_cache.ts";
import type { Linked } from "./link_stage.ts";
import type { MouseMode } from "./mouse_mode.ts";
import type { Conversation, Service } from "./service.ts";

/** cursor-channel.cpp, red-channel-client.cpp: messages between acks. */
const WINDOW = 20;
const LOW_BANDWIDTH_WINDOW = 40;
/** With more on its way the client lags: what changes is kept as a debt, not as messages. */
const AHEAD_BYTES = 1 << 18;
const NONE: Cursor = { flags: CursorFlags.none, data: new Uint8Array(0) };

/** Who tells of the cursor's doings; comes back with how to stop. */
export type OnCursor = (listener: (command: CursorCommand) => void) => Cancel;

/** The cursor of one display, for everybody who watches it. */
export class CursorService implements Service {
  readonly name = "cursor";
  readonly type = CursorChannel.id;
  readonly capabilities = Capabilities.of();

  constructor(
    readonly display: GuestDisplay,
    readonly onCursor: OnCursor,
    readonly mouse: MouseMode,
  ) {}

  get id(): number {
    return this.display.id;
  }

  open(client: Client, linked: Linked): Conversation {
    return new CursorConversation(this, client, linked);
  }
}

/** What a client has not been told yet. However much happens, it owes no more than this. */
interface Debt {
  reset: boolean;
  shape: boolean;
  place: boolean;
  trail: boolean;
}

class CursorConversation implements Conversation {
  readonly #service: CursorService;
  readonly #client: Client;
  readonly #peer;
  readonly #cache = new CursorCache();
  readonly #debt: Debt = { reset: false, shape: false, place: false, trail: false };
  readonly #endings: Cancel[];
  /** The client shows a cursor. */
  #shown = false;

  constructor(service: CursorService, client: Client, linked: Linked) {
    this.#service = service;
    this.#client = client;
    const peer = new Peer({
      incoming: CursorChannel.client,
      outgoing: CursorChannel.server,
      mini: linked.mini,
      limitBytes: 4096,
    });
    this.#peer = peer;
    const base = baseAnswers(client, peer);
    peer.answer({
      ...base,
      ackSync: (body) => {
        base.ackSync(body);
        this.#settle();
      },
      ack: (body) => {
        base.ack(body);
        this.#settle();
      },
    });
    peer.outbox.onRoom = () => this.#settle();
    peer.send.setAck(peer.acks.restart(client.lowBandwidth ? LOW_BANDWIDTH_WINDOW : WINDOW));
    this.#sendInit();
    this.#endings = [
      service.onCursor((command) => this.#changed(command)),
      service.mouse.onChange(() => {
        if (service.mouse.current === "server") {
          this.#changed({ kind: "move", position: this.#state.position });
        }
      }),
    ];
  }

  get serial(): bigint {
    return this.#peer.serial;
  }

  get outbox() {
    return this.#peer.outbox;
  }

  receive(bytes: Uint8Array): void {
    this.#peer.receive(bytes);
  }

  closed(): void {
    for (const end of this.#endings) end();
  }

  get #state() {
    return this.#service.display.cursor;
  }

  #changed({ kind }: CursorCommand): void {
    const debt = this.#debt;
    if (kind === "reset") debt.reset = true;
    else if (kind === "set") debt.shape = true;
    else if (kind === "trail") debt.trail = true;
    else debt.place = true;
    this.#settle();
  }

  /** Tells what is owed, in the fewest messages that lead to the cursor as it is now. */
  #settle(): void {
    const { acks, outbox, send } = this.#peer;
    const debt = this.#debt;
    if (!acks.open || outbox.waitingBytes > AHEAD_BYTES) return;
    if (debt.reset) {
      debt.reset =
        debt.shape =
        debt.place =
        debt.trail =
          false;
      send.invalAll();
      send.reset();
      // spice-gtk takes nothing after a reset but a new beginning
      this.#sendInit();
    }
    if (debt.shape) {
      debt.shape = debt.place = false;
      this.#sendSet();
    }
    if (debt.place) {
      debt.place = false;
      this.#sendPlace();
    }
    if (debt.trail) {
      debt.trail = false;
      const { length, frequency } = this.#state.trail;
      send.trail({ length, frequency });
    }
  }

  #sendInit(): void {
    const { position, trail, visible } = this.#state;
    this.#cache.clear();
    this.#peer.send.init({
      position,
      trailLength: trail.length,
      trailFrequency: trail.frequency,
      visible: visible ? 1 : 0,
      cursor: this.#shape(),
    });
    this.#shown = visible;
    // spice-html5 passes over the shape in `init`
    if (this.#alphaOnly) this.#sendSet();
    else this.#placeShape();
  }

  #sendSet(): void {
    const { position, visible } = this.#state;
    const cursor = this.#shape();
    const none = (cursor.flags & CursorFlags.none) !== 0;
    if (!none || !this.#alphaOnly) {
      this.#peer.send.set({ position, visible: visible ? 1 : 0, cursor });
    }
    // clients show what is set, visible or not; and spice-html5 does not survive a `set` of none
    if (!visible || none) this.#peer.send.hide();
    this.#shown = visible;
    if (!this.#alphaOnly) this.#placeShape();
  }

  /** spice-gtk passes over the place in `init` and `set`, and draws the cursor itself in server mode. */
  #placeShape(): void {
    const { position, visible, shape } = this.#state;
    if (visible && shape && this.#service.mouse.current === "server") {
      this.#peer.send.move({ position });
    }
  }

  #sendPlace(): void {
    const { position, visible } = this.#state;
    if (!visible) {
      if (this.#shown) this.#peer.send.hide();
    } else if (!this.#shown || this.#service.mouse.current === "server") {
      this.#peer.send.move({ position });
    }
    this.#shown = visible;
  }

  /** The shape as this client is to get it: out of its cache, into its cache, or as it is. */
  #shape(): Cursor {
    const shape = this.#state.shape;
    const header = shape?.header;
    if (!shape || !header || header.width * header.height === 0) return NONE;
    if (this.#alphaOnly) {
      const pixels = { ...header, data: shape.data };
      return { flags: 0, header: { ...header, type: "alpha" }, data: alphaPixels(pixels) };
    }
    if (header.unique === 0n) return { flags: 0, header, data: shape.data };
    if (this.#cache.use(header.unique)) {
      return { flags: CursorFlags.fromCache, header, data: NONE.data };
    }
    const victim = this.#cache.keep(header.unique);
    if (victim !== null) this.#peer.send.invalOne({ id: victim });
    return { flags: CursorFlags.cacheMe, header, data: shape.data };
  }

  /** spice-html5 and its like: they say little of what they can, and of cursors they can one kind. */
  get #alphaOnly(): boolean {
    const display = this.#client.capabilitiesOf(ChannelType.display);
    const main = this.#client.capabilitiesOf(ChannelType.main);
    return main?.has(MainCap.nameAndUuid) === false ||
      display?.has(DisplayCap.monitorsConfig) === false;
  }
}
