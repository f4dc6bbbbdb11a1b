import type { Random } from "../../core/binary/random.ts";
import type { Layout, Part } from "../../core/binary/layout.ts";
import type { Card } from "../../qxl/device.ts";
import { Driver } from "../../qxl/driver.ts";
import * as qxl from "../../qxl/memory.ts";
import { Port } from "../../qxl/ports.ts";
import { Ring } from "../../qxl/ring.ts";

/** Card memory that the guest's commands lie in: behind the primary. */
const ARENA_BYTES = 1 << 16;
const SLOT = 1;

// deno-lint-ignore no-explicit-any
type AnyLayout = Layout<any>;

/**
 * A guest that writes nearly right structs: most fields make sense, most pointers lead to the
 * right kind of thing, and some lead anywhere.
 */
export class HostileGuest {
  readonly view: DataView;
  readonly header: number;
  readonly arena: number;
  readonly commands: Ring;
  readonly cursors: Ring;
  readonly releases: Ring;
  #next = 0;

  constructor(readonly card: Card, readonly random: Random) {
    const { ram } = card;
    this.view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
    this.header = new DataView(card.rom.buffer).getUint32(qxl.Rom.at.ramHeaderOffset, true);
    this.arena = card.settings.vgamem;
    const words = new Int32Array(ram.buffer, ram.byteOffset), at = qxl.Ram.at;
    const ring = (from: number, count: number, size: number) =>
      new Ring(words, this.header + from, count, size);
    this.commands = ring(at.cmdRing.numItems, 32, qxl.Command.size);
    this.cursors = ring(at.cursorRing.numItems, 32, qxl.Command.size);
    this.releases = ring(at.releaseRing.numItems, 8, 8);
  }

  /** From the start: a reset, slots, a small primary and two surfaces. */
  boot(): void {
    this.card.pci.reset();
    const driver = new Driver(this.card);
    const stride = this.random.below(2) ? 256 : -256;
    driver.createPrimary({ width: 64, height: 48, stride, format: "xrgb32" });
    const formats = ["argb32", "a8", "rgb555", "a1", "rgb565"] as const;
    driver.createSurface(1, formats[this.random.below(5)], 40, 40, 160);
    driver.createSurface(2, "xrgb32", 32, 32, -128);
    driver.updateArea(0, { top: 0, left: 0, bottom: 1, right: 1 });
  }

  /** The arena full of noise. */
  fill(): void {
    for (let at = this.arena; at < this.arena + ARENA_BYTES; at += 4) {
      this.view.setUint32(at, this.number(), true);
    }
  }

  /** Small, at an edge, or anything. */
  number(): number {
    const { random } = this;
    switch (random.below(8)) {
      case 0:
        return EDGES[random.below(EDGES.length)];
      case 1:
        return random.below(2 ** 32);
      case 2:
        return random.below(256);
      default:
        return random.below(40);
    }
  }

  /** Room for something; the oldest is written over. */
  place(size: number): number {
    if (this.#next + size + 64 > ARENA_BYTES) this.#next = 0;
    const at = this.arena + this.#next;
    this.#next += size + (this.random.below(16) === 0 ? this.random.below(8) : 8) & ~3;
    return at;
  }

  /** Writes an address at `at`: mostly the right one. */
  point(at: number, target: number): void {
    const { random, view } = this;
    let slot = SLOT << 24, offset = target;
    switch (random.below(64)) {
      case 0:
        slot = random.below(10) << 24;
        break;
      case 1:
        slot |= random.below(256) << 16;
        break;
      case 2:
        slot |= random.below(65536);
        break;
      case 3:
        offset = this.number();
        break;
      case 4:
        offset = this.arena + random.below(ARENA_BYTES);
        break;
      case 5:
        offset = this.header + random.below(8192) - 4096;
        break;
      case 6:
        slot = offset = 0;
    }
    view.setUint32(at, offset, true);
    view.setUint32(at + 4, slot, true);
  }

  /** A struct of random numbers. */
  struct(layout: AnyLayout): number {
    const at = this.place(layout.size);
    this.#noise(layout, at);
    return at;
  }

  #noise(part: Part, at: number): void {
    for (let i = 0; i < part.size; i += 4) {
      // whole numbers where fields are not aligned are rare enough that both ways find something
      if (i + 4 <= part.size) this.view.setUint32(at + i, this.number(), true);
    }
  }

  /** A chunk list of so many bytes, in one or several pieces; sometimes a circle. */
  chunks(head: number, size: number): void {
    const { random, view } = this;
    const pieces = random.below(4) === 0 ? 1 + random.below(4) : 1;
    let left = size, at = head;
    for (let i = 0; i < pieces; i++) {
      const part = i === pieces - 1 ? left : random.below(left + 1);
      left -= part;
      view.setUint32(at, random.below(64) === 0 ? this.number() : part, true);
      view.setBigUint64(at + 4, 0n, true);
      view.setBigUint64(at + 12, 0n, true);
      if (i === pieces - 1) break;
      const next = this.place(qxl.DataChunk.size + Math.min(left, 8192));
      this.point(at + 12, random.below(64) === 0 ? head : next);
      at = next;
    }
  }

  image(): number {
    const { random, view } = this;
    const at = this.struct(qxl.Image), { descriptor, u } = qxl.Image.at;
    const kind = random.below(16);
    view.setUint8(
      at + descriptor.type,
      kind === 0 ? this.number() : kind < 3 ? 104 : kind === 3 ? 1 : 0,
    );
    view.setUint8(at + descriptor.flags, random.below(4));
    if (kind === 1 || kind === 2) {
      view.setUint32(at + u.surfaceImage.surfaceId, random.below(4), true);
    } else if (kind === 3) {
      const size = random.below(300);
      const image = this.place(qxl.ImageDescriptor.size + 4 + qxl.DataChunk.size + size);
      for (let i = 0; i < qxl.ImageDescriptor.size; i++) {
        view.setUint8(image + i, view.getUint8(at + i));
      }
      view.setUint32(image + u.quic.dataSize, size, true);
      this.chunks(image + qxl.ImageDescriptor.size + 4, size);
      return image;
    } else if (kind !== 0) this.#bitmap(at);
    return at;
  }

  #bitmap(at: number): void {
    const { random, view } = this, { bitmap } = qxl.Image.at.u;
    const format = random.below(32) === 0 ? this.number() & 255 : 1 + random.below(10);
    const x = 8 + random.below(40), y = 8 + random.below(40);
    const stride = Math.ceil(x * (BITS[format] ?? 8) / 8) + 3 & ~(random.below(4) ? 3 : 0);
    const odd = (n: number) => random.below(64) === 0 ? this.number() : n;
    const flags = random.below(8);
    view.setUint8(at + bitmap.format, format);
    view.setUint8(at + bitmap.flags, flags);
    view.setUint32(at + bitmap.x, odd(x), true);
    view.setUint32(at + bitmap.y, odd(y), true);
    view.setUint32(at + bitmap.stride, odd(stride), true);
    view.setBigUint64(at + bitmap.palette, 0n, true);
    if (format < 6 && random.below(16)) {
      const entries = odd(1 << random.below(9));
      const palette = this.place(qxl.Palette.size + Math.min(entries, 256) * 4);
      view.setUint16(palette + qxl.Palette.at.numEnts, entries, true);
      this.point(at + bitmap.palette, palette);
    }
    const size = stride * y;
    if (flags & 1) return this.point(at + bitmap.data, this.place(size));
    const head = this.place(qxl.DataChunk.size + size);
    this.chunks(head, size);
    this.point(at + bitmap.data, head);
  }

  #rect(at: number): void {
    const { random, view } = this;
    const wild = random.below(32) === 0;
    const one = random.below(8), other = one + random.below(12);
    const two = random.below(8), more = two + random.below(12);
    [one, two, other, more].forEach((n, i) =>
      view.setInt32(at + i * 4, wild && random.below(2) ? this.number() | 0 : n, true)
    );
  }

  #box(at: number): void {
    const { random, view } = this;
    const top = random.below(30), left = random.below(30);
    const odd = (n: number) => random.below(64) === 0 ? this.number() | 0 : n;
    [top, left, top + 1 + random.below(10), left + 1 + random.below(10)].forEach((n, i) =>
      view.setInt32(at + i * 4, odd(n), true)
    );
  }

  #brush(at: number): void {
    const { random, view } = this, { u } = qxl.Brush.at;
    const type = random.below(64) === 0
      ? this.number()
      : random.below(4) === 0
      ? 2
      : random.below(2);
    view.setUint32(at, type, true);
    if (type !== 2) return view.setUint32(at + u.color, random.below(2 ** 32), true);
    this.point(at + u.pattern.pat, this.image());
    view.setInt32(at + u.pattern.pos.x, this.number() | 0, true);
    view.setInt32(at + u.pattern.pos.y, this.number() | 0, true);
  }

  /** A QXLQMask: as a rule none, and then one of 1 bit. */
  #mask(at: number): void {
    const { random, view } = this, to = qxl.QMask.at;
    view.setUint8(at, random.below(3));
    view.setInt32(at + to.pos.x, this.number() | 0, true);
    view.setInt32(at + to.pos.y, this.number() | 0, true);
    view.setBigUint64(at + to.bitmap, 0n, true);
    if (random.below(4) !== 0) return;
    const image = this.image();
    if (random.below(4)) view.setUint8(image + qxl.Image.at.u.bitmap.format, 1 + random.below(2));
    this.point(at + to.bitmap, image);
  }

  #rop(at: number): void {
    const { random, view } = this;
    view.setUint16(
      at,
      random.below(16) === 0 ? this.number() & 0xffff : 1 << random.below(11),
      true,
    );
  }

  /** A QXLDrawable of one of the kinds; its release id is random. */
  drawable(): number {
    const { random, view } = this, to = qxl.Drawable.at;
    const at = this.struct(qxl.Drawable);
    const type = random.below(64) === 0 ? this.number() & 255 : 1 + random.below(14);
    const surface = random.below(32) === 0 ? this.number() : random.below(8) ? 0 : random.below(3);
    view.setUint32(at + to.surfaceId, surface, true);
    view.setUint8(at + to.type, type);
    view.setUint8(at + to.selfBitmap, random.below(2));
    this.#box(at + to.selfBitmapArea.top);
    this.#box(at + to.bbox.top);
    const clip = random.below(128) === 0 ? this.number() : random.below(8) === 0 ? 1 : 0;
    view.setUint32(at + to.clip.type, clip, true);
    if (clip === 1) this.point(at + to.clip.data, this.#clipRects());
    for (let i = 0; i < 3; i++) {
      const dest = random.below(128) === 0 ? this.number() | 0 : random.below(16) ? -1 : 0;
      view.setInt32(at + to.surfacesDest[i], dest, true);
    }
    this.#arm(at + to.u.fill.brush.type, type);
    return at;
  }

  #clipRects(): number {
    const count = this.random.below(5);
    const at = this.place(qxl.ClipRects.size + count * 16);
    this.view.setUint32(at, this.random.below(64) === 0 ? this.number() : count, true);
    this.chunks(at + 4, count * 16);
    for (let i = 0; i < count; i++) this.#box(at + qxl.ClipRects.size + i * 16);
    return at;
  }

  #source(at: number): void {
    if (this.random.below(8) === 0) this.view.setBigUint64(at, 0n, true);
    else this.point(at, this.image());
  }

  #arm(at: number, type: number): void {
    const { random, view } = this, { DrawType: DRAW } = qxl;
    const whole = (area: number) => this.#rect(area);
    switch (type) {
      case DRAW.fill:
        this.#brush(at + qxl.Fill.at.brush.type);
        this.#rop(at + qxl.Fill.at.ropDescriptor);
        return this.#mask(at + qxl.Fill.at.mask.flags);
      case DRAW.copy:
      case DRAW.blend: {
        const to = qxl.Copy.at;
        this.#source(at + to.srcBitmap);
        whole(at + to.srcArea.top);
        this.#rop(at + to.ropDescriptor);
        view.setUint8(at + to.scaleMode, random.below(32) ? random.below(2) : this.number());
        return this.#mask(at + to.mask.flags);
      }
      case DRAW.opaque:
      case DRAW.rop3: {
        const to = type === DRAW.rop3 ? qxl.Rop3.at : qxl.Opaque.at;
        this.#source(at + to.srcBitmap);
        whole(at + to.srcArea.top);
        this.#brush(at + to.brush.type);
        if (type === DRAW.rop3) view.setUint8(at + qxl.Rop3.at.rop3, random.below(256));
        else this.#rop(at + qxl.Opaque.at.ropDescriptor);
        view.setUint8(at + to.scaleMode, random.below(2));
        return this.#mask(at + to.mask.flags);
      }
      case DRAW.blackness:
      case DRAW.whiteness:
      case DRAW.invers:
        return this.#mask(at);
      case DRAW.stroke: {
        const to = qxl.Stroke.at;
        this.point(at + to.path, this.#path());
        view.setUint8(at + to.attr.flags, random.below(16));
        view.setUint8(at + to.attr.styleNseg, random.below(6));
        const style = this.struct(qxl.Transform);
        this.point(at + to.attr.style, style);
        this.#brush(at + to.brush.type);
        this.#rop(at + to.foreMode);
        return this.#rop(at + to.backMode);
      }
      case DRAW.text: {
        const to = qxl.Text.at;
        this.point(at + to.str, this.#string());
        this.#box(at + to.backArea.top);
        this.#brush(at + to.foreBrush.type);
        this.#brush(at + to.backBrush.type);
        this.#rop(at + to.foreMode);
        return this.#rop(at + to.backMode);
      }
      case DRAW.transparent:
        this.#source(at + qxl.Transparent.at.srcBitmap);
        return whole(at + qxl.Transparent.at.srcArea.top);
      case DRAW.alphaBlend:
        this.#source(at + qxl.AlphaBlend.at.srcBitmap);
        return whole(at + qxl.AlphaBlend.at.srcArea.top);
      case DRAW.composite: {
        const to = qxl.Composite.at;
        const op = random.below(63) | random.below(4) << 8 | random.below(4) << 11 |
          random.below(4) << 14 | random.below(4) << 16 | random.below(64) << 18;
        view.setUint32(at + to.flags, random.below(32) ? op : this.number(), true);
        this.#source(at + to.src);
        for (const pointer of [to.srcTransform, to.maskTransform]) {
          view.setBigUint64(at + pointer, 0n, true);
          if (random.below(3) === 0) this.point(at + pointer, this.struct(qxl.Transform));
        }
        view.setBigUint64(at + to.mask, 0n, true);
        if (random.below(2)) this.#source(at + to.mask);
      }
    }
  }

  #path(): number {
    const { random, view } = this;
    const segments = Array.from({ length: 1 + random.below(3) }, () => random.below(3) * 3 + 1);
    const size = segments.reduce((sum, n) => sum + 8 + n * 8, 0);
    const at = this.place(qxl.Path.size + size);
    this.chunks(at + 4, size);
    let to = at + qxl.Path.size;
    for (const count of segments) {
      view.setUint32(to, random.below(32), true);
      view.setUint32(to + 4, random.below(64) === 0 ? this.number() : count, true);
      to += 8;
      for (let i = 0; i < count * 2; i++, to += 4) {
        const wild = random.below(64) === 0;
        view.setInt32(to, wild ? this.number() | 0 : random.below(1024), true);
      }
    }
    return at;
  }

  #string(): number {
    const { random, view } = this;
    const bits = [1, 4, 8][random.below(3)];
    const glyphs = Array.from(
      { length: random.below(4) },
      () => [random.below(12), random.below(12)],
    );
    const size = glyphs.reduce((sum, [w, h]) => sum + 20 + (w * bits + 7 >> 3) * h, 0);
    const at = this.place(qxl.String.size + size);
    const odd = (n: number) => random.below(64) === 0 ? this.number() : n;
    view.setUint32(at + qxl.String.at.dataSize, odd(size), true);
    view.setUint16(at + qxl.String.at.length, odd(glyphs.length), true);
    view.setUint16(at + qxl.String.at.flags, bits === 1 ? 1 : bits === 4 ? 2 : 4, true);
    this.chunks(at + qxl.String.at.chunk.dataSize, size);
    let to = at + qxl.String.size;
    for (const [width, height] of glyphs) {
      for (let i = 0; i < 4; i++) view.setInt32(to + i * 4, odd(random.below(40)) | 0, true);
      view.setUint16(to + 16, odd(width), true);
      view.setUint16(to + 18, odd(height), true);
      to += 20 + (width * bits + 7 >> 3) * height;
    }
    return at;
  }

  /** Surfaces 1 and 2 as a rule stay: 3 comes and goes. */
  surfaceCommand(): number {
    const { random, view } = this, to = qxl.SurfaceCmd.at;
    const at = this.struct(qxl.SurfaceCmd);
    const odd = (n: number) => random.below(64) === 0 ? this.number() : n;
    const destroy = odd(random.below(2));
    const id = random.below(16) === 0 ? random.below(4) : 3;
    view.setUint32(at + to.surfaceId, odd(destroy ? id : 1 + random.below(3)), true);
    view.setUint8(at + to.type, destroy);
    view.setUint32(at + to.flags, random.below(2), true);
    const { surfaceCreate } = to.u;
    view.setUint32(at + surfaceCreate.format, odd([1, 8, 16, 32, 80, 96][random.below(6)]), true);
    view.setUint32(at + surfaceCreate.width, odd(40), true);
    view.setUint32(at + surfaceCreate.height, odd(40), true);
    view.setInt32(at + surfaceCreate.stride, odd(random.below(2) ? 160 : -160) | 0, true);
    this.point(at + surfaceCreate.data, this.place(6400));
    return at;
  }

  cursorCommand(): number {
    const { random, view } = this, to = qxl.CursorCmd.at;
    const at = this.struct(qxl.CursorCmd);
    const type = random.below(16) === 0 ? this.number() & 255 : random.below(4);
    view.setUint8(at + to.type, type);
    if (type !== 0) return at;
    const width = random.below(33), height = random.below(33);
    const size = width * height * 4 + 1200;
    const shape = this.place(qxl.Cursor.size + size);
    const odd = (n: number) => random.below(32) === 0 ? this.number() : n;
    view.setUint16(shape + qxl.Cursor.at.header.type, odd(random.below(7)), true);
    view.setUint16(shape + qxl.Cursor.at.header.width, odd(width), true);
    view.setUint16(shape + qxl.Cursor.at.header.height, odd(height), true);
    view.setUint32(shape + qxl.Cursor.at.dataSize, odd(size), true);
    this.chunks(shape + qxl.Cursor.at.chunk.dataSize, size);
    this.point(at + to.u.set.shape, shape);
    return at;
  }

  /** Puts a command on a ring, if it has room. */
  push(ring: Ring, type: number, at: number): boolean {
    if (ring.length >= ring.count) return false;
    const item = ring.next;
    this.view.setUint32(item, at, true);
    this.view.setUint32(item + 4, SLOT << 24, true);
    // a command that cannot be reached stops the card, so it comes seldom
    if (this.random.below(256) === 0) this.point(item, at);
    this.view.setUint32(item + 8, this.random.below(256) === 0 ? this.number() : type, true);
    ring.push();
    return true;
  }

  /** One command of any kind. False: the ring is full. */
  command(): boolean {
    const kind = this.random.below(16);
    if (kind === 0) return this.push(this.cursors, qxl.CommandType.cursor, this.cursorCommand());
    if (kind === 1) return this.push(this.commands, qxl.CommandType.surface, this.surfaceCommand());
    if (kind === 2 && this.random.below(8) === 0) {
      return this.push(this.commands, 2 + this.random.below(3), this.struct(qxl.UpdateCmd));
    }
    return this.push(this.commands, qxl.CommandType.draw, this.drawable());
  }

  notify(): void {
    this.card.ioWrite(Port.notifyCommand, 0);
  }

  /** Takes back what the card released, without looking at it. */
  reclaim(): void {
    while (this.releases.length > 0 && this.releases.length <= 8) this.releases.pop();
  }
}

const EDGES = [0, 1, 2, 3, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
const BITS = [0, 1, 1, 4, 4, 8, 16, 24, 32, 32, 8];
