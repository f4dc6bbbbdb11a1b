import { GuestError } from "../core/binary/error.ts";
import { Borrowed } from "./borrowed.ts";
import { Cursors } from "./cursors.ts";
import type { Machine } from "./machine.ts";
import * as qxl from "./memory.ts";
import { Ring } from "./ring.ts";
import { surfaceAt, surfaceCommand } from "./surfaces.ts";

const RELEASE_INFO = qxl.ReleaseInfo.size;

/** Takes commands off the rings and carries them out. Source: red_process_display in red-worker.cpp. */
export class Intake {
  readonly #machine: Machine;
  readonly #commands: Ring;
  readonly #cursors: Ring;
  readonly #shapes: Cursors;
  /** Counts resets: what was borrowed before one is nobody's any more. */
  #epoch = 0;
  #busy = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    const { memory, slots, commands, header } = machine, ram = qxl.Ram.at;
    const ring = (at: number, count: number) =>
      new Ring(memory.words, header + at, count, qxl.Command.size);
    this.#commands = ring(ram.cmdRing.numItems, qxl.COMMAND_RING_SIZE);
    this.#cursors = ring(ram.cursorRing.numItems, qxl.CURSOR_RING_SIZE);
    this.#shapes = new Cursors(memory, slots, commands.chunks);
  }

  /** Empty rings; commands that are out are forgotten. */
  reset(): void {
    this.#epoch++;
    this.#commands.init();
    this.#cursors.init();
  }

  /** Takes all commands there are, as long as they make sense. */
  drain(): void {
    // a listener that notifies while we are at it: the loop sees its command anyway
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#take(this.#cursors, qxl.Interrupt.cursor)) { /* next */ }
      while (this.#take(this.#commands, qxl.Interrupt.display)) { /* next */ }
    } finally {
      this.#busy = false;
    }
  }

  /** Takes one command off a ring. False: there is none. */
  #take(ring: Ring, interrupt: number): boolean {
    const machine = this.#machine, waiting = ring.length;
    if (machine.guestBug || machine.mode === "vga") return false;
    if (waiting === 0 && ring.waitForItems()) return false;
    if (waiting > ring.count) {
      return machine.bug(`${waiting} commands in a ring of ${ring.count}`);
    }
    const item = ring.first;
    let info = -1, end = 0;
    try {
      info = machine.slots.follow(item, RELEASE_INFO, "Command.data");
      end = machine.slots.end;
    } catch (error) {
      machine.refuse(error);
    }
    const type = machine.memory.view.getUint32(item + qxl.Command.at.type, true);
    if (ring.pop()) machine.interrupts.raise(interrupt);
    // a command that cannot be reached can never be given back
    if (info < 0) return machine.bug("a command lies nowhere");
    if (ring === this.#commands && type === qxl.CommandType.draw) this.#draw(info, end);
    else this.#other(ring, type, info, end);
    return true;
  }

  #draw(info: number, end: number): void {
    const { commands, renderer, scene } = this.#machine;
    commands.chunks.copied = 0;
    const command = new Borrowed(this.#letGo, info, this.#epoch);
    let drawing = null;
    try {
      drawing = commands.drawing(info, end);
      command.copied = commands.chunks.copied;
      if (drawing) {
        command.drawing = drawing;
        commands.hold(command);
        renderer.draw(command);
      }
    } catch (error) {
      drawing = null;
      command.copied = commands.chunks.copied;
      this.#machine.refuse(error);
    }
    if (drawing) scene.audience?.draw(command);
    commands.hold(null);
    command.release();
  }

  /** Nobody uses the drawing any more. */
  readonly #letGo = ({ info, epoch, copied }: Borrowed): void => {
    this.#machine.commands.chunks.allowance += copied;
    if (epoch === this.#epoch) this.#machine.releases.add(info);
  };

  #other(ring: Ring, type: number, info: number, end: number): void {
    const machine = this.#machine, { chunks } = machine.commands;
    chunks.copied = 0;
    let held = false;
    try {
      if (ring === this.#cursors && type === qxl.CommandType.cursor) {
        machine.scene.setCursor(this.#shapes.command(info, end));
      } else if (ring === this.#commands && type === qxl.CommandType.surface) {
        held = this.#surface(info, end);
      } else if (type !== qxl.CommandType.update && type !== qxl.CommandType.message) {
        throw new GuestError(`Cannot take a command of type ${type}`);
      }
    } catch (error) {
      machine.refuse(error);
    }
    chunks.allowance += chunks.copied;
    if (!held) machine.releases.add(info);
  }

  /** True: the command is kept as long as its surface. */
  #surface(info: number, end: number): boolean {
    const machine = this.#machine, { memory, slots, settings } = machine;
    const { surfaces } = machine.scene;
    const { id, request } = surfaceCommand(
      memory,
      info,
      end,
      settings.surfaces,
    );
    if (!request) {
      if (!surfaces.has(id)) throw new GuestError(`Cannot destroy: there is no surface ${id}`);
      machine.destroySurface(id);
      return false;
    }
    if (surfaces.has(id)) throw new GuestError(`Cannot create surface ${id} twice`);
    const surface = surfaceAt(memory, slots, request);
    machine.createSurface(id, surface, !request.keepData, info);
    return true;
  }
}
