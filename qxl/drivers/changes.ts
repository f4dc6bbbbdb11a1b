/** Where two pictures of one size differ. Pixels are words; a row is `width` of them. */
import type { Rect } from "../../core/protocol/drawing.ts";

const BAND = 16, CELL = 32;

/** Boxes that hold every pixel of rect that is another in b than in a: cells joined, then made as small as can be. */
export function changedBoxes(a: Uint32Array, b: Uint32Array, width: number, rect: Rect): Rect[] {
  const boxes = joinCells(rect, differingCells(a, b, width, rect, 0), 1);
  for (const box of boxes) tighten(a, b, width, box);
  return boxes;
}

/** Cells of 32 × 16 pixels of rect, row by row: 1 where b is not a, moved on by so many pixels. */
export function differingCells(
  a: Uint32Array,
  b: Uint32Array,
  width: number,
  rect: Rect,
  shift: number,
): Uint8Array {
  const cells = cellsAcross(rect);
  const marks = new Uint8Array(cells * Math.ceil((rect.bottom - rect.top) / BAND));
  for (let y = rect.top; y < rect.bottom; y++) {
    const row = Math.floor((y - rect.top) / BAND) * cells;
    for (let cell = 0, x = rect.left; cell < cells; cell++, x += CELL) {
      if (marks[row + cell] !== 0) continue;
      const end = y * width + Math.min(x + CELL, rect.right);
      for (let i = y * width + x; i < end; i++) {
        if (b[i] === a[i - shift]) continue;
        marks[row + cell] = 1;
        break;
      }
    }
  }
  return marks;
}

/** Runs of cells that are marked so, joined downwards where they are equally wide. */
export function joinCells(rect: Rect, marks: Uint8Array, mark: number): Rect[] {
  const all: Rect[] = [], cells = cellsAcross(rect);
  let above: Rect[] = [];
  for (let row = 0, top = rect.top; top < rect.bottom; row += cells, top += BAND) {
    const bottom = Math.min(top + BAND, rect.bottom);
    const here: Rect[] = [];
    for (let cell = 0; cell < cells; cell++) {
      if (marks[row + cell] !== mark) continue;
      const left = rect.left + cell * CELL;
      while (cell + 1 < cells && marks[row + cell + 1] === mark) cell++;
      const right = Math.min(rect.left + (cell + 1) * CELL, rect.right);
      let box = above.find((box) => box.left === left && box.right === right);
      if (box) box.bottom = bottom;
      else all.push(box = { top, left, bottom, right });
      here.push(box);
    }
    above = here;
  }
  return all;
}

const cellsAcross = ({ left, right }: Rect) => Math.ceil((right - left) / CELL);

/** Takes off the rows and columns at its edges that are the same. */
function tighten(a: Uint32Array, b: Uint32Array, width: number, box: Rect): void {
  const rowSame = (y: number) => {
    for (let i = y * width + box.left, end = y * width + box.right; i < end; i++) {
      if (a[i] !== b[i]) return false;
    }
    return true;
  };
  const columnSame = (x: number) => {
    for (let y = box.top; y < box.bottom; y++) {
      if (a[y * width + x] !== b[y * width + x]) return false;
    }
    return true;
  };
  while (box.top < box.bottom && rowSame(box.top)) box.top++;
  while (box.bottom > box.top && rowSame(box.bottom - 1)) box.bottom--;
  while (box.left < box.right && columnSame(box.left)) box.left++;
  while (box.right > box.left && columnSame(box.right - 1)) box.right--;
}
