/**
 * Keys and pointer from the client, lights back to it.
 * Source of truth: spice.proto, InputsChannel; inputs-channel.cpp, handle_message.
 */
import type { Cancel, Clock } from "../core/clock.ts";
import type { Guest, GuestDisplay } from "../core/guest.ts";
import { Outbox } from "../core/link/outbox.ts";
import { Peer } from "../core/link/peer.ts";
import { Capabilities, InputsCap } from "../core/protocol/capabilities.ts";
import type { Answers } from "../core/protocol/channel.ts";
import { Inputs } from "../core/protocol/inputs.ts";
import { baseAnswers } from "./base.ts";
import type { Client } from "./client.ts";
import { type Hand, Hands } from "./hands.ts";
import type { Linked } from "./link_stage.ts";
import { Locks } from "./locks.ts";
import type { MouseMode } from "./mouse_mode.ts";
import { Scancodes } from "./scancodes.ts";
import type { Conversation, Service } from "./service.ts";

/** protocol.h: SPICE_INPUT_MOTION_ACK_BUNCH */
const MOTIONS_PER_ACK = 4;
/** Acks and lights are small; who reads none of so many is gone. */
const OUTBOX_BYTES = 1 << 20;
/** With more on its way a client is told the lights later, as they are then. */
const AHEAD_BYTES = 1 << 12;
/** No hand moves a mouse further in one report, and guests count in 16 bits. */
const FAR = 0x7fff;

/** What of a guest hands reach. */
export type InputsGuest = Pick<Guest, "keyboard" | "pointer" | "displays">;

/**
 * The guest's keyboard and pointer for all clients at once: everybody types, in the order of arrival.
 * A key or button is let go when the last who holds it lets go.
 */
export class InputsService implements Service {
  readonly name = "inputs";
  readonly type = Inputs.id;
  readonly id = 0;
  readonly capabilities = Capabilities.of(InputsCap.keyScancode);
  readonly #hands: Hands;

  constructor(readonly guest: InputsGuest, readonly mouse: MouseMode, clock: Clock) {
    const locks = new Locks(guest.keyboard, clock);
    this.#hands = new Hands(guest.keyboard, guest.pointer, locks);
  }

  open(client: Client, linked: Linked): Conversation {
    const { transport, secure } = linked.duplex.remote;
    if (transport === "tcp" && !secure) client.notify("keyboard channel is insecure");
    return new InputsConversation(this.guest, this.mouse, this.#hands, client, linked);
  }
}

/** What is this channel's own among its answers. */
type InputAnswers = Omit<
  Answers<typeof Inputs.client.table>,
  keyof ReturnType<typeof baseAnswers>
>;

class InputsConversation implements Conversation {
  readonly #guest: InputsGuest;
  readonly #mouse: MouseMode;
  readonly #peer;
  readonly #client: Client;
  readonly #hand: Hand;
  readonly #locks: Locks;
  readonly #scancodes = new Scancodes();
  readonly #quiet: Cancel;
  #motions = 0;
  #lightsDue = false;

  constructor(guest: InputsGuest, mouse: MouseMode, hands: Hands, client: Client, linked: Linked) {
    this.#guest = guest;
    this.#client = client;
    this.#mouse = mouse;
    this.#locks = hands.locks;
    this.#hand = hands.join();
    this.#peer = new Peer({
      incoming: Inputs.client,
      outgoing: Inputs.server,
      mini: linked.mini,
      limitBytes: 4096,
      outbox: new Outbox(OUTBOX_BYTES),
    });
    const answers = client.viewOnly ? this.#noAnswers() : this.#answers();
    this.#peer.answer({ ...baseAnswers(client, this.#peer), ...answers });
    this.#peer.send.init({ keyboardModifiers: this.#locks.lights });
    this.outbox.onRoom = () => this.#sendLights();
    this.#quiet = this.#locks.onChange(() => {
      this.#lightsDue = true;
      this.#sendLights();
    });
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
    this.#quiet();
    this.#hand.letGo();
  }

  #answers(): InputAnswers {
    const hand = this.#hand;
    return {
      keyDown: ({ code }) => this.#packed(code),
      keyUp: ({ code }) => this.#packed(code),
      keyModifiers: ({ modifiers }) => this.#locks.follow(modifiers),
      keyScancode: ({ data }) => {
        this.#stirred();
        data.forEach((byte) => this.#scancode(byte));
      },
      mouseMotion: ({ dx, dy, buttonsState }) => {
        this.#moved();
        if (this.#mouse.current !== "server") return;
        this.#guest.pointer.motion(
          clamp(dx, -FAR, FAR),
          clamp(dy, -FAR, FAR),
          hand.state(buttonsState),
        );
      },
      mousePosition: ({ x, y, buttonsState, displayId }) => {
        this.#moved();
        if (this.#mouse.current === "client") this.#position(x, y, buttonsState, displayId);
      },
      mousePress: ({ button, buttonsState }) => {
        this.#stirred();
        hand.press(button, buttonsState);
      },
      mouseRelease: ({ button, buttonsState }) => {
        this.#stirred();
        hand.release(button, buttonsState);
      },
    };
  }

  /** A person did something: unlike pongs and lights, which a client sends by itself. */
  #stirred(): void {
    this.#client.inputAtMs = this.#client.clock.now();
  }

  /** Of who only looks: nothing happens, and motions are acked. */
  #noAnswers(): InputAnswers {
    const nothing = () => {};
    return {
      keyDown: nothing,
      keyUp: nothing,
      keyModifiers: nothing,
      keyScancode: nothing,
      mouseMotion: () => this.#moved(),
      mousePosition: () => this.#moved(),
      mousePress: nothing,
      mouseRelease: nothing,
    };
  }

  /** Others press the locks too, so a client that lags must not gather every change of them. */
  #sendLights(): void {
    if (!this.#lightsDue || this.outbox.waitingBytes > AHEAD_BYTES) return;
    this.#lightsDue = false;
    this.#peer.send.keyModifiers({ modifiers: this.#locks.lights });
  }

  /** Up to four bytes, the first in the lowest; a zero ends them early. */
  #packed(code: number): void {
    this.#stirred();
    for (let rest = code; (rest & 0xff) !== 0; rest >>>= 8) this.#scancode(rest & 0xff);
  }

  #scancode(byte: number): void {
    const event = this.#scancodes.push(byte);
    if (event) this.#hand.key(event);
  }

  /** Acked whatever became of it: a client stops at eight that are not. */
  #moved(): void {
    this.#stirred();
    if (++this.#motions < MOTIONS_PER_ACK) return;
    this.#motions = 0;
    this.#peer.send.mouseMotionAck();
  }

  #position(x: number, y: number, buttons: number, displayId: number): void {
    const place = placeOf(this.#guest.displays, displayId);
    // the pointer may still be on a display that is gone
    if (!place) return;
    const { width, height } = place.display.surfaces.get(0) ?? { width: FAR, height: FAR };
    // SPEC: u32, but a client that drags beyond the upper left edge sends its negative numbers as they are
    this.#guest.pointer.position(
      clamp((x | 0) + place.x, 0, width - 1),
      clamp((y | 0) + place.y, 0, height - 1),
      this.#hand.state(buttons),
      place.display.id,
    );
  }
}

/**
 * What a client calls a display, and where its positions count from. SPEC: of several cards it says
 * the channel, of one card the head, and counts within that head (spice-widget.c, get_display_id).
 */
function placeOf(displays: readonly GuestDisplay[], displayId: number) {
  if (displays.length === 1) {
    const [display] = displays, { heads } = display.monitors;
    const head = heads.find(({ monitorId }) => monitorId === displayId);
    if (head) return { display, x: head.x, y: head.y };
  }
  const display = displays.find(({ id }) => id === displayId);
  return display && { display, x: 0, y: 0 };
}

const clamp = (n: number, least: number, most: number) => Math.max(least, Math.min(most, n));
