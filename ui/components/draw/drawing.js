// From a drawing on a canvas to an image as MNIST's are. `ae_core/preprocessing/drawing.py` defines each step and says why; this file
// follows it in double precision, so that both give the same image.

import { PIXELS, SIDE } from "../lib/paint/pixels.js";

const BOX = 20;
const CENTRE = 14;
const FAINTEST = 0.1;
const TIE = 1e-6;

/** Written over by each call: a canvas has 100,000 pixels and is read at every frame of a stroke. */
let inkBuffer = new Float64Array(0);

/**
 * @param {Uint8ClampedArray|Uint8Array} rgba height x width x 4, alpha not multiplied into the colours
 * @param {number} width
 * @param {number} height
 * @param {boolean} centre as MNIST's digits are centred and scaled; otherwise the whole canvas is shrunk
 * @returns {Float32Array} 784 values in 0..1, row by row
 */
export function digitFromCanvas(rgba, width, height, centre) {
  const image = new Float32Array(PIXELS);
  const { ink, box } = readInk(rgba, width, height);
  if (!centre) {
    image.set(shrink(ink, width, { top: 0, left: 0, height, width }, SIDE, SIDE));
    return image;
  }
  if (!box) return image;
  const longer = Math.max(box.height, box.width);
  const rows = shrunkSide(box.height, longer);
  const columns = shrunkSide(box.width, longer);
  const digit = shrink(ink, width, box, rows, columns);
  const { byRow, byColumn } = sums(digit, rows, columns);
  const top = corner(byRow);
  const left = corner(byColumn);
  for (let y = 0; y < rows; y++) {
    image.set(digit.subarray(y * columns, (y + 1) * columns), (top + y) * SIDE + left);
  }
  return image;
}

/** Ink of every pixel, and the smallest box around what is not too faint; null when nothing is. */
function readInk(rgba, width, height) {
  if (inkBuffer.length < width * height) inkBuffer = new Float64Array(width * height);
  const ink = inkBuffer;
  let top = height, bottom = -1, left = width, right = -1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const at = 4 * i;
      const light = 0.299 * rgba[at] + 0.587 * rgba[at + 1] + 0.114 * rgba[at + 2];
      const value = (light * rgba[at + 3]) / 255 / 255;
      ink[i] = value;
      if (value < FAINTEST) continue;
      if (y < top) top = y;
      bottom = y;
      if (x < left) left = x;
      if (x > right) right = x;
    }
  }
  const box = bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
  return { ink, box };
}

function shrunkSide(side, longer) {
  return Math.max(1, Math.floor((2 * BOX * side + longer) / (2 * longer)));
}

/** The box of `ink`, whose rows are `stride` long, averaged over areas to rows x columns: first down, then across. */
function shrink(ink, stride, box, rows, columns) {
  const down = cells(box.height, rows);
  const across = cells(box.width, columns);
  const shrunk = new Float64Array(rows * columns);
  const line = new Float64Array(box.width);
  for (let r = 0; r < rows; r++) {
    line.fill(0);
    for (const [y, share] of down[r]) {
      const start = (box.top + y) * stride + box.left;
      for (let x = 0; x < box.width; x++) line[x] += share * ink[start + x];
    }
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (const [x, share] of across[c]) sum += share * line[x];
      shrunk[r * columns + c] = sum;
    }
  }
  return shrunk;
}

/** Of each of `count` equal cells along a side of `size` pixels: which pixels it covers, and the share of it they are. */
function cells(size, count) {
  return Array.from({ length: count }, (_, i) => {
    const start = (i * size) / count;
    const end = ((i + 1) * size) / count;
    const covered = [];
    for (let pixel = Math.floor(start); pixel < end && pixel < size; pixel++) {
      const length = Math.min(end, pixel + 1) - Math.max(start, pixel);
      if (length > 0) covered.push([pixel, (length * count) / size]);
    }
    return covered;
  });
}

function sums(digit, rows, columns) {
  const byRow = new Float64Array(rows);
  const byColumn = new Float64Array(columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      byRow[y] += digit[y * columns + x];
      byColumn[x] += digit[y * columns + x];
    }
  }
  return { byRow, byColumn };
}

/** Where a side begins in the image, from its ink by row (or by column). */
function corner(ink) {
  let moment = 0;
  let total = 0;
  for (let i = 0; i < ink.length; i++) {
    moment += ink[i] * i;
    total += ink[i];
  }
  const begin = CENTRE - Math.floor(moment / total + 0.5 + TIE);
  return Math.min(Math.max(begin, 0), SIDE - ink.length);
}
