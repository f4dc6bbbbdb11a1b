/**
 * Keys and pointer to the guest, its keyboard's lights back.
 * Source of truth: spice.proto, InputsChannel; spice-gtk's channel-inputs.c.
 */
import type { Inputs, MouseButton } from "../../../core/protocol/inputs.ts";
import type { ClientAnswers, Line } from "../line.ts";

type Client = typeof Inputs.client.table;
type Server = typeof Inputs.server.table;

/** protocol.h: SPICE_INPUT_MOTION_ACK_BUNCH */
const MOTIONS_PER_ACK = 4;
/** spice-gtk: so many bunches may be under way; more would only queue up. */
const MOST_MOTIONS = 2 * MOTIONS_PER_ACK;

/** A place on what a server calls a display: a card's, or one of its heads. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly displayId: number;
}

export interface InputsHost {
  lights(modifiers: number): void;
  base: Pick<ClientAnswers<Server>, "migrate" | "disconnecting" | "notify">;
}

/** The hands of this client. */
export class InputsLine {
  readonly #line: Line<Client, Server>;
  #underWay = 0;
  /** The latest movement, when too many are under way. */
  #position: { x: number; y: number; buttonsState: number; displayId: number } | null = null;
  #motion: { dx: number; dy: number; buttonsState: number } | null = null;
  /** Movements that were sent, and when the next one that will be answered was. */
  #moves = 0;
  #askedAt = 0;
  /** Milliseconds from a movement to the server's word that it has it; null: not measured yet. */
  roundTripMs: number | null = null;

  constructor(line: Line<Client, Server>, host: InputsHost) {
    this.#line = line;
    line.attend({
      ...host.base,
      init: ({ keyboardModifiers }) => host.lights(keyboardModifiers),
      keyModifiers: ({ modifiers }) => host.lights(modifiers),
      mouseMotionAck: () => {
        this.#underWay = Math.max(0, this.#underWay - MOTIONS_PER_ACK);
        if (this.#askedAt > 0) this.roundTripMs = performance.now() - this.#askedAt;
        this.#askedAt = 0;
        this.#catchUp();
      },
    });
  }

  /** code: bytes of scancode set 1, the first in the lowest byte. */
  key(code: number, down: boolean): void {
    if (down) this.#line.send.keyDown({ code });
    else this.#line.send.keyUp({ code });
    this.#line.flush();
  }

  locks(modifiers: number): void {
    this.#line.send.keyModifiers({ modifiers });
    this.#line.flush();
  }

  /** Where on what is called so, as `Session.place` has it. */
  position({ x, y, displayId }: Place, buttonsState: number): void {
    this.#position = { x, y, buttonsState, displayId };
    this.#catchUp();
    this.#line.flush();
  }

  motion(dx: number, dy: number, buttonsState: number): void {
    const before = this.#motion ?? { dx: 0, dy: 0 };
    this.#motion = { dx: before.dx + dx, dy: before.dy + dy, buttonsState };
    this.#catchUp();
    this.#line.flush();
  }

  button(button: MouseButton, down: boolean, buttonsState: number): void {
    // INVARIANT: a button is pressed where the pointer was last seen
    this.#catchUp(true);
    if (down) this.#line.send.mousePress({ button, buttonsState });
    else this.#line.send.mouseRelease({ button, buttonsState });
    this.#line.flush();
  }

  #moved(): void {
    this.#underWay++;
    // the server answers every fourth one
    if (++this.#moves % MOTIONS_PER_ACK === 0) this.#askedAt = performance.now();
  }

  #catchUp(always = false): void {
    if (this.#underWay >= MOST_MOTIONS && !always) return;
    if (this.#position) {
      this.#moved();
      this.#line.send.mousePosition(this.#position);
      this.#position = null;
    }
    if (this.#motion) {
      this.#moved();
      this.#line.send.mouseMotion(this.#motion);
      this.#motion = null;
    }
  }
}
