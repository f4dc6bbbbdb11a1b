// @ts-nocheck: AssemblyScript, checked by its own compiler
/**
 * The loops of the JPEG encoder: colours, the cosine transform, quantisation, Huffman codes. Strips of
 * 16 (4:2:0) or 8 rows (4:4:4) go in, the scan's bytes come out. encode.ts beside this calls them and
 * writes the tables. The transform is that of Arai, Agui and Nakajima, whose factors go into the
 * quantisation; samples carry one fraction bit. Its output stays transposed: 8 × 8 coefficients, each
 * column after the other.
 */

/** The one room in this module's memory: behind its tables, grown when asked. 0: no more memory. */
export function reserve(bytes: u32): usize {
  const start: usize = (__heap_base + 15) & ~15;
  const pages = <i32>((<u64>start + bytes + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  return start;
}

/**
 * For luma, then for chroma: 64 factors and 64 powers of two (i16) that quantise; for each run << 4 | bits
 * of a coefficient its Huffman code with room for the bits, and above CODE_BITS the length of both (u32);
 * then 16 such for the first coefficient. Behind them, the place of each coefficient in zigzag order, in
 * bytes.
 */
const TABLES: usize = memory.data(2 * 1344 + 64, 16);
const CODES: usize = 256;
const FIRST_CODES: usize = CODES + 1024;
const ORDER: usize = TABLES + 2 * 1344;
const CODE_BITS: u32 = 26;

/** For each byte of a mask, what bits it is in zigzag order. */
const SPREAD: usize = memory.data(8 * 256 * 8, 16);
/** Samples of the blocks of one unit, then the coefficients of one block. */
const BLOCKS: usize = memory.data(6 * 128, 16);
const COEFFICIENTS: usize = memory.data(128, 16);
/** The first coefficient of each component's last block. */
const LAST: usize = memory.data(3 * 4, 16);

/** Where the scan is written; bits that are not written yet, and how many more have room beside them. */
let to: usize = 0;
let bits: u64 = 0;
let room: i32 = 64;

/** Where encode.ts writes the tables. */
export function tables(): usize {
  return TABLES;
}

/** To be called when the order of the tables is written. */
export function begin(out: usize): void {
  if (load<u64>(SPREAD, 8) == 0) {
    for (let i: u32 = 0; i < 64; i++) {
      const place: u32 = load<u8>(ORDER + i) >>> 1;
      for (let byte: u32 = 0; byte < 256; byte++) {
        const at = SPREAD + ((((place >>> 3) << 8) + byte) << 3);
        if (byte >>> (place & 7) & 1) store<u64>(at, load<u64>(at) | <u64>1 << i);
      }
    }
  }
  to = out;
  bits = 0;
  room = 64;
  store<u64>(LAST, 0);
  store<u32>(LAST, 0, 8);
}

/** The last bits, filled up with ones; returns where they end. */
export function end(): usize {
  const rest = (64 - room + 7) >> 3;
  if (room < 64) bits = bits << room | (<u64>1 << room) - 1;
  for (let i = 0; i < rest; i++) putByte(<u8>(bits >>> (56 - 8 * i)));
  return to;
}

function putByte(byte: u8): void {
  store<u8>(to++, byte);
  if (byte == 0xff) store<u8>(to++, 0);
}

/** A row of 24-bit pixels as 32-bit ones, and of 15-bit ones. Up to 7 pixels more are written. */
export function widen24(from: usize, out: usize, width: u32): void {
  for (const stop = out + (width << 2); out < stop; out += 16) {
    const v = v128.load(from);
    v128.store(out, i8x16.shuffle(v, v, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11));
    from += 12;
  }
}

export function widen16(from: usize, out: usize, width: u32): void {
  const five = i16x8.splat(0xf8);
  const three = i16x8.splat(7);
  for (const stop = out + (width << 2); out < stop; out += 32) {
    const v = v128.load(from);
    const b = v128.or(v128.and(i16x8.shl(v, 3), five), v128.and(i16x8.shr_u(v, 2), three));
    const g = v128.or(v128.and(i16x8.shr_u(v, 2), five), v128.and(i16x8.shr_u(v, 7), three));
    const r = v128.or(v128.and(i16x8.shr_u(v, 7), five), v128.and(i16x8.shr_u(v, 12), three));
    const bg = v128.or(b, i16x8.shl(g, 8));
    v128.store(out, i16x8.shuffle(bg, r, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(out, i16x8.shuffle(bg, r, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    from += 16;
  }
}

/** Repeats the last pixel of each row and the last row: `rows` of `width` pixels become full units. */
function fill(at: usize, stride: u32, width: u32, rows: u32, unit: u32): void {
  const whole = (width + unit - 1) & ~(unit - 1);
  for (let y: u32 = 0; y < rows; y++) {
    const row = at + y * stride;
    const last = load<u32>(row + (width << 2) - 4);
    for (let x = width; x < whole; x++) store<u32>(row + (x << 2), last);
  }
  for (let y = rows; y < unit; y++) memory.copy(at + y * stride, at + (rows - 1) * stride, whole << 2);
}

/**
 * Up to 16 rows of 32-bit pixels, `stride` bytes apart with room for whole units of 16. Returns where the scan
 * is to go on.
 */
export function strip420(at: usize, stride: u32, width: u32, rows: u32): usize {
  fill(at, stride, width, rows, 16);
  for (let x: u32 = 0; x < width; x += 16) {
    if (isFlat(at + (x << 2), stride, 16)) {
      flat(0, at + (x << 2));
      for (let i = 0; i < 3; i++) entropy(0, 0, TABLES);
      flat(1, at + (x << 2));
      flat(2, at + (x << 2));
      continue;
    }
    colours420(at + (x << 2), stride);
    const wide = width - x > 8;
    block(BLOCKS, 0);
    // no decoder shows a block beside the picture: it is as the one before
    if (wide) block(BLOCKS + 128, 0);
    else entropy(0, 0, TABLES);
    if (rows > 8) block(BLOCKS + 256, 0);
    else entropy(0, 0, TABLES);
    if (rows > 8 && wide) block(BLOCKS + 384, 0);
    else entropy(0, 0, TABLES);
    block(BLOCKS + 512, 1);
    block(BLOCKS + 640, 2);
  }
  return to;
}

/** Up to 8 rows, with room for whole units of 8. */
export function strip444(at: usize, stride: u32, width: u32, rows: u32): usize {
  fill(at, stride, width, rows, 8);
  for (let x: u32 = 0; x < width; x += 8) {
    if (isFlat(at + (x << 2), stride, 8)) {
      for (let component: u32 = 0; component < 3; component++) flat(component, at + (x << 2));
      continue;
    }
    colours444(at + (x << 2), stride);
    for (let component: u32 = 0; component < 3; component++) block(BLOCKS + (component << 7), component);
  }
  return to;
}

// Rec. 601 in 15 fraction bits; what belongs to (blue, red) and to (green, nothing)
/** 4 pixels' luma, twice as much, around 0. br: their blue and red, g: green and anything. */
@inline
function luma(br: v128, g: v128): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(br, i16x8(3735, 9798, 3735, 9798, 3735, 9798, 3735, 9798)),
    i32x4.dot_i16x8_s(g, i16x8(19235, 0, 19235, 0, 19235, 0, 19235, 0)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat((1 << 13) - (256 << 14))), 14);
}

/** The same of the two differences. Shift: 14 for the twice of a pixel, 16 for that of 4 pixels' mean. */
@inline
function chromaBlue(br: v128, g: v128, shift: i32): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(br, i16x8(16384, -5529, 16384, -5529, 16384, -5529, 16384, -5529)),
    i32x4.dot_i16x8_s(g, i16x8(-10855, 0, -10855, 0, -10855, 0, -10855, 0)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(1 << (shift - 1))), shift);
}

@inline
function chromaRed(br: v128, g: v128, shift: i32): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(br, i16x8(-2664, 16384, -2664, 16384, -2664, 16384, -2664, 16384)),
    i32x4.dot_i16x8_s(g, i16x8(-13720, 0, -13720, 0, -13720, 0, -13720, 0)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(1 << (shift - 1))), shift);
}

/** Neighbours added: of 4 + 4 pixels, 4. */
@inline
function halve(a: v128, b: v128): v128 {
  return i16x8.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

/** 16 × 16 pixels as 4 blocks of luma and 2 of chroma. */
function colours420(at: usize, stride: u32): void {
  const low = i16x8.splat(0xff);
  for (let y: u32 = 0; y < 8; y++) {
    // rows 2y and 2y + 1; in the blocks, 2y is in the upper two or the lower two
    const lumaRow = BLOCKS + (y >>> 2 << 8) + ((y & 3) << 5);
    const chromaRow = BLOCKS + 512 + (y << 4);
    let blue = i32x4.splat(0);
    let red = i32x4.splat(0);
    for (let half: u32 = 0; half < 2; half++) {
      const p = at + (half << 5);
      const a0 = v128.load(p);
      const b0 = v128.load(p, 16);
      const a1 = v128.load(p + stride);
      const b1 = v128.load(p + stride, 16);
      const a0br = v128.and(a0, low), a0g = i16x8.shr_u(a0, 8);
      const b0br = v128.and(b0, low), b0g = i16x8.shr_u(b0, 8);
      const a1br = v128.and(a1, low), a1g = i16x8.shr_u(a1, 8);
      const b1br = v128.and(b1, low), b1g = i16x8.shr_u(b1, 8);
      const out = lumaRow + (half << 7);
      v128.store(out, i16x8.narrow_i32x4_s(luma(a0br, a0g), luma(b0br, b0g)));
      v128.store(out, i16x8.narrow_i32x4_s(luma(a1br, a1g), luma(b1br, b1g)), 16);
      const br = halve(i16x8.add(a0br, a1br), i16x8.add(b0br, b1br));
      const g = halve(i16x8.add(a0g, a1g), i16x8.add(b0g, b1g));
      const cb = chromaBlue(br, g, 16);
      const cr = chromaRed(br, g, 16);
      if (half == 0) {
        blue = cb;
        red = cr;
      } else {
        v128.store(chromaRow, i16x8.narrow_i32x4_s(blue, cb));
        v128.store(chromaRow, i16x8.narrow_i32x4_s(red, cr), 128);
      }
    }
    at += stride << 1;
  }
}

/** 8 × 8 pixels as 3 blocks. */
function colours444(at: usize, stride: u32): void {
  const low = i16x8.splat(0xff);
  for (let out = BLOCKS; out < BLOCKS + 128; out += 16) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const abr = v128.and(a, low), ag = i16x8.shr_u(a, 8);
    const bbr = v128.and(b, low), bg = i16x8.shr_u(b, 8);
    v128.store(out, i16x8.narrow_i32x4_s(luma(abr, ag), luma(bbr, bg)));
    v128.store(out, i16x8.narrow_i32x4_s(chromaBlue(abr, ag, 14), chromaBlue(bbr, bg, 14)), 128);
    v128.store(out, i16x8.narrow_i32x4_s(chromaRed(abr, ag, 14), chromaRed(bbr, bg, 14)), 256);
    at += stride;
  }
}

/** Whether a unit's pixels have all the same colour: much of what desktops show. */
function isFlat(at: usize, stride: u32, unit: u32): bool {
  const first = v128.load32_splat(at);
  const colour = i32x4.splat(0xffffff);
  for (let y: u32 = 0; y < unit; y++) {
    let other = v128.or(v128.xor(v128.load(at), first), v128.xor(v128.load(at, 16), first));
    if (unit == 16) {
      other = v128.or(other, v128.xor(v128.load(at, 32), first));
      other = v128.or(other, v128.xor(v128.load(at, 48), first));
    }
    if (v128.any_true(v128.and(other, colour))) return false;
    at += stride;
  }
  return true;
}

/** What block says of 64 samples of a pixel: the first coefficient alone, 64 times the sample. */
function flat(component: u32, pixel: usize): void {
  const p = v128.load32_splat(pixel);
  const br = v128.and(p, i16x8.splat(0xff));
  const g = i16x8.shr_u(p, 8);
  const sample = component == 0 ? luma(br, g) : component == 1 ? chromaBlue(br, g, 14) : chromaRed(br, g, 14);
  const sum = i16x8.shl(sample, 6);
  const table = TABLES + (component == 0 ? 0 : 1344);
  const first = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(sum, v128.load(table)), v128.load(table, 128));
  code(0, i16x8.extract_lane_s(first, 0), component, table);
}

function block(samples: usize, component: u32): void {
  const table = TABLES + (component == 0 ? 0 : 1344);
  const mask = transform(samples, table);
  code(mask & ~1, load<i16>(COEFFICIENTS), component, table);
}

/** A block's first coefficient, and the others that the mask says. */
function code(mask: u64, first: i32, component: u32, table: usize): void {
  const last = LAST + (component << 2);
  const difference = first - load<i32>(last);
  store<i32>(last, first);
  entropy(mask, difference, table);
}

/** Quantised coefficients of a block; returns in zigzag order which are not 0. */
function transform(samples: usize, table: usize): u64 {
  let r0 = v128.load(samples);
  let r1 = v128.load(samples, 16);
  let r2 = v128.load(samples, 32);
  let r3 = v128.load(samples, 48);
  let r4 = v128.load(samples, 64);
  let r5 = v128.load(samples, 80);
  let r6 = v128.load(samples, 96);
  let r7 = v128.load(samples, 112);
  for (let pass = 0; pass < 2; pass++) {
    if (pass == 1) {
      const a0 = i16x8.shuffle(r0, r1, 0, 8, 1, 9, 2, 10, 3, 11), a1 = i16x8.shuffle(r0, r1, 4, 12, 5, 13, 6, 14, 7, 15);
      const a2 = i16x8.shuffle(r2, r3, 0, 8, 1, 9, 2, 10, 3, 11), a3 = i16x8.shuffle(r2, r3, 4, 12, 5, 13, 6, 14, 7, 15);
      const a4 = i16x8.shuffle(r4, r5, 0, 8, 1, 9, 2, 10, 3, 11), a5 = i16x8.shuffle(r4, r5, 4, 12, 5, 13, 6, 14, 7, 15);
      const a6 = i16x8.shuffle(r6, r7, 0, 8, 1, 9, 2, 10, 3, 11), a7 = i16x8.shuffle(r6, r7, 4, 12, 5, 13, 6, 14, 7, 15);
      const b0 = i32x4.shuffle(a0, a2, 0, 4, 1, 5), b1 = i32x4.shuffle(a0, a2, 2, 6, 3, 7);
      const b2 = i32x4.shuffle(a1, a3, 0, 4, 1, 5), b3 = i32x4.shuffle(a1, a3, 2, 6, 3, 7);
      const b4 = i32x4.shuffle(a4, a6, 0, 4, 1, 5), b5 = i32x4.shuffle(a4, a6, 2, 6, 3, 7);
      const b6 = i32x4.shuffle(a5, a7, 0, 4, 1, 5), b7 = i32x4.shuffle(a5, a7, 2, 6, 3, 7);
      r0 = i64x2.shuffle(b0, b4, 0, 2), r1 = i64x2.shuffle(b0, b4, 1, 3);
      r2 = i64x2.shuffle(b1, b5, 0, 2), r3 = i64x2.shuffle(b1, b5, 1, 3);
      r4 = i64x2.shuffle(b2, b6, 0, 2), r5 = i64x2.shuffle(b2, b6, 1, 3);
      r6 = i64x2.shuffle(b3, b7, 0, 2), r7 = i64x2.shuffle(b3, b7, 1, 3);
    }
    const s0 = i16x8.add(r0, r7), s7 = i16x8.sub(r0, r7);
    const s1 = i16x8.add(r1, r6), s6 = i16x8.sub(r1, r6);
    const s2 = i16x8.add(r2, r5), s5 = i16x8.sub(r2, r5);
    const s3 = i16x8.add(r3, r4), s4 = i16x8.sub(r3, r4);

    const e0 = i16x8.add(s0, s3), e3 = i16x8.sub(s0, s3);
    const e1 = i16x8.add(s1, s2), e2 = i16x8.sub(s1, s2);
    r0 = i16x8.add(e0, e1);
    r4 = i16x8.sub(e0, e1);
    const z1 = i16x8.q15mulr_sat_s(i16x8.add(e2, e3), i16x8.splat(23170)); // √½
    r2 = i16x8.add(e3, z1);
    r6 = i16x8.sub(e3, z1);

    const o0 = i16x8.add(s4, s5), o1 = i16x8.add(s5, s6), o2 = i16x8.add(s6, s7);
    const z5 = i16x8.q15mulr_sat_s(i16x8.sub(o0, o2), i16x8.splat(12540)); // sin ⅛π
    const z2 = i16x8.add(i16x8.q15mulr_sat_s(o0, i16x8.splat(17734)), z5); // cos ⅛π − sin ⅛π
    // cos ⅛π + sin ⅛π is 1 and 10045
    const z4 = i16x8.add(i16x8.add(i16x8.q15mulr_sat_s(o2, i16x8.splat(10045)), o2), z5);
    const z3 = i16x8.q15mulr_sat_s(o1, i16x8.splat(23170));
    const z11 = i16x8.add(s7, z3), z13 = i16x8.sub(s7, z3);
    r5 = i16x8.add(z13, z2);
    r3 = i16x8.sub(z13, z2);
    r1 = i16x8.add(z11, z4);
    r7 = i16x8.sub(z11, z4);
  }
  r0 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r0, v128.load(table)), v128.load(table, 128));
  r1 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r1, v128.load(table, 16)), v128.load(table, 144));
  r2 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r2, v128.load(table, 32)), v128.load(table, 160));
  r3 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r3, v128.load(table, 48)), v128.load(table, 176));
  r4 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r4, v128.load(table, 64)), v128.load(table, 192));
  r5 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r5, v128.load(table, 80)), v128.load(table, 208));
  r6 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r6, v128.load(table, 96)), v128.load(table, 224));
  r7 = i16x8.q15mulr_sat_s(i16x8.q15mulr_sat_s(r7, v128.load(table, 112)), v128.load(table, 240));
  v128.store(COEFFICIENTS, r0);
  v128.store(COEFFICIENTS, r1, 16);
  v128.store(COEFFICIENTS, r2, 32);
  v128.store(COEFFICIENTS, r3, 48);
  v128.store(COEFFICIENTS, r4, 64);
  v128.store(COEFFICIENTS, r5, 80);
  v128.store(COEFFICIENTS, r6, 96);
  v128.store(COEFFICIENTS, r7, 112);

  const none = i8x16.splat(0);
  const m01 = i8x16.bitmask(i8x16.ne(i8x16.narrow_i16x8_s(r0, r1), none));
  const m23 = i8x16.bitmask(i8x16.ne(i8x16.narrow_i16x8_s(r2, r3), none));
  let mask = load<u64>(SPREAD + ((m01 & 0xff) << 3)) | load<u64>(SPREAD + (m01 >>> 8 << 3), 1 << 11) |
    load<u64>(SPREAD + ((m23 & 0xff) << 3), 2 << 11) | load<u64>(SPREAD + (m23 >>> 8 << 3), 3 << 11);
  const m45 = i8x16.bitmask(i8x16.ne(i8x16.narrow_i16x8_s(r4, r5), none));
  const m67 = i8x16.bitmask(i8x16.ne(i8x16.narrow_i16x8_s(r6, r7), none));
  if (m45 | m67) {
    mask |= load<u64>(SPREAD + ((m45 & 0xff) << 3), 4 << 11) | load<u64>(SPREAD + (m45 >>> 8 << 3), 5 << 11) |
      load<u64>(SPREAD + ((m67 & 0xff) << 3), 6 << 11) | load<u64>(SPREAD + (m67 >>> 8 << 3), 7 << 11);
  }
  return mask;
}

/** 8 bytes of the scan; a zero follows each that is 255. */
@inline
function put(out: usize, eight: u64): usize {
  if (eight & 0x8080808080808080 & ~(eight + 0x0101010101010101)) return putStuffed(out, eight);
  store<u64>(out, bswap<u64>(eight));
  return out + 8;
}

function putStuffed(out: usize, eight: u64): usize {
  for (let i = 0; i < 8; i++) {
    const byte = <u8>(eight >>> 56);
    store<u8>(out++, byte);
    if (byte == 0xff) store<u8>(out++, 0);
    eight <<= 8;
  }
  return out;
}

/** The codes of one block: the first coefficient's difference, then those in the mask. */
function entropy(mask: u64, difference: i32, table: usize): void {
  let out = to;
  let held = bits;
  let free = room;

  let sign = difference >> 31;
  let size: u32 = 32 - clz((difference ^ sign) - sign);
  let entry = load<u32>(table + (size << 2), FIRST_CODES);
  let code = <u64>((entry & ((1 << CODE_BITS) - 1)) | ((difference + sign) & ((1 << size) - 1)));
  let length: i32 = entry >>> CODE_BITS;
  free -= length;
  if (free < 0) {
    out = put(out, held << (length + free) | code >>> -free);
    free += 64;
    held = code;
  } else held = held << length | code;

  let before: u32 = 0;
  while (mask != 0) {
    const place = <u32>ctz(mask);
    mask &= mask - 1;
    let run = place - before - 1;
    before = place;
    while (run > 15) {
      entry = load<u32>(table, CODES + (0xf0 << 2));
      code = <u64>(entry & ((1 << CODE_BITS) - 1));
      length = entry >>> CODE_BITS;
      free -= length;
      if (free < 0) {
        out = put(out, held << (length + free) | code >>> -free);
        free += 64;
        held = code;
      } else held = held << length | code;
      run -= 16;
    }
    const value: i32 = load<i16>(COEFFICIENTS + load<u8>(ORDER + place));
    sign = value >> 31;
    size = 32 - clz((value ^ sign) - sign);
    entry = load<u32>(table + (((run << 4) + size) << 2), CODES);
    code = <u64>((entry & ((1 << CODE_BITS) - 1)) | ((value + sign) & ((1 << size) - 1)));
    length = entry >>> CODE_BITS;
    free -= length;
    if (free < 0) {
      out = put(out, held << (length + free) | code >>> -free);
      free += 64;
      held = code;
    } else held = held << length | code;
  }
  if (before != 63) {
    entry = load<u32>(table, CODES);
    code = <u64>(entry & ((1 << CODE_BITS) - 1));
    length = entry >>> CODE_BITS;
    free -= length;
    if (free < 0) {
      out = put(out, held << (length + free) | code >>> -free);
      free += 64;
      held = code;
    } else held = held << length | code;
  }
  to = out;
  bits = held;
  room = free;
}
