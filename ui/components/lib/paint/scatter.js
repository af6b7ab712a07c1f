// Dots by the ten thousand, and digits by the hundred, painted pixel by pixel: many computers in classrooms have no
// WebGL, and the canvas's own arcs would take a second.

import { SIDE } from "./pixels.js";

/** A dot's centre is rounded to this part of a pixel. */
const STEPS = 4;
/** Subpixels along a side by which a pixel's coverage is counted. */
const SAMPLES = 4;
/** What `colours` has for points that are not drawn. */
export const HIDDEN = 255;

export class Scatter {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.masks = new Map();
  }

  /**
   * @param {number} width in pixels of the canvas
   * @param {number} height
   * @returns {boolean} whether it had another size before
   */
  resize(width, height) {
    if (this.picture && this.canvas.width === width && this.canvas.height === height) return false;
    Object.assign(this.canvas, { width, height });
    this.picture = new ImageData(width, height);
    this.words = new Uint32Array(this.picture.data.buffer);
    this.masks.clear();
    return true;
  }

  /** Begin anew. @param {number} background as 0xBBGGRR; it stays transparent, but the edges of dots blend into it */
  clear(background) {
    this.words.fill(background);
  }

  /**
   * @param {{xs: Float32Array, ys: Float32Array, order: Uint32Array}} points
   * @param {Uint8Array} colours of each point, a place in `table` or HIDDEN
   * @param {Uint32Array} table 0xFFBBGGRR each
   * @param {{scale: number, x: number, y: number}} place pixel = x + scale * point.x, y - scale * point.y
   * @param {number} radius of a dot, in pixels
   */
  dots({ xs, ys, order }, colours, table, { scale, x, y }, radius) {
    const { width, height } = this.picture;
    const { words } = this;
    const masks = this.masksOf(Math.round(radius * 8) / 8);
    const { reach } = masks;
    const [right, bottom] = [width - reach - 1, height - reach - 1];
    for (let k = 0; k < order.length; k++) {
      const i = order[k];
      const colour = colours[i];
      if (colour === HIDDEN) continue;
      const left = x + scale * xs[i];
      const top = y - scale * ys[i];
      if (left < -reach || top < -reach || left > width + reach || top > height + reach) continue;
      const column = Math.floor(left);
      const row = Math.floor(top);
      const mask = masks.at[Math.floor((left - column) * STEPS) + STEPS * Math.floor((top - row) * STEPS)];
      const start = row * width + column;
      const word = table[colour];
      if (column < reach || row < reach || column >= right || row >= bottom) {
        this.dotAtEdge(mask, column, row, word);
        continue;
      }
      const { full, part, coverage } = mask;
      for (let j = 0; j < full.length; j++) words[start + full[j]] = word;
      for (let j = 0; j < part.length; j++) {
        const pixel = start + part[j];
        words[pixel] = blend(words[pixel], word, coverage[j]);
      }
    }
  }

  dotAtEdge({ columns, rows, all }, column, row, word) {
    const { width, height } = this.picture;
    for (let j = 0; j < all.length; j++) {
      const [x, y] = [column + columns[j], row + rows[j]];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const pixel = y * width + x;
      this.words[pixel] = blend(this.words[pixel], word, all[j]);
    }
  }

  /**
   * An image of 28 x 28, white on black, with a frame.
   * @param {Uint8Array} pixels of all images
   * @param {number} index which of them
   * @param {{left: number, top: number, side: number, frame: number}} box in pixels; the frame lies around it
   * @param {number} word the frame's colour, 0xFFBBGGRR
   */
  digit(pixels, index, { left, top, side, frame }, word) {
    const { width, height } = this.picture;
    const [x0, y0] = [Math.round(left), Math.round(top)];
    const first = index * SIDE * SIDE;
    for (let y = Math.max(-frame, -y0); y < Math.min(side + frame, height - y0); y++) {
      const from = (y0 + y) * width + x0;
      const inside = y >= 0 && y < side;
      const source = first + SIDE * Math.floor((y * SIDE) / side);
      for (let x = Math.max(-frame, -x0); x < Math.min(side + frame, width - x0); x++) {
        const level = inside && x >= 0 && x < side ? pixels[source + Math.floor((x * SIDE) / side)] : -1;
        this.words[from + x] = level < 0 ? word : 0xff000000 | (level * 0x010101);
      }
    }
  }

  show() {
    this.context.putImageData(this.picture, 0, 0);
  }

  /** Of a disc at each of STEPS x STEPS places within a pixel: which pixels it covers, in whole and in part. */
  masksOf(radius) {
    let masks = this.masks.get(radius);
    if (masks) return masks;
    const reach = Math.ceil(radius) + 1;
    const at = [];
    for (let step = 0; step < STEPS * STEPS; step++) {
      const x = ((step % STEPS) + 0.5) / STEPS;
      const y = (Math.floor(step / STEPS) + 0.5) / STEPS;
      at.push(maskOf(radius, reach, x, y, this.picture.width));
    }
    masks = { at, reach };
    this.masks.set(radius, masks);
    return masks;
  }
}

function maskOf(radius, reach, x, y, width) {
  const mask = { full: [], part: [], coverage: [], columns: [], rows: [], all: [] };
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      const covered = Math.round(256 * coverageOf(radius, column - x, row - y));
      if (covered === 0) continue;
      mask.columns.push(column);
      mask.rows.push(row);
      mask.all.push(covered);
      if (covered === 256) mask.full.push(row * width + column);
      else mask.part.push(row * width + column);
      if (covered < 256) mask.coverage.push(covered);
    }
  }
  return Object.fromEntries(Object.entries(mask).map(([name, values]) => [name, Int32Array.from(values)]));
}

/** The share of the pixel whose upper left corner is at (x, y) from the disc's centre. */
function coverageOf(radius, x, y) {
  let inside = 0;
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const dx = x + ((i % SAMPLES) + 0.5) / SAMPLES;
    const dy = y + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES;
    if (dx * dx + dy * dy < radius * radius) inside++;
  }
  return inside / (SAMPLES * SAMPLES);
}

/** Two channels at a time, alpha with green: `share` of 256 parts of `over`, the rest of `under`. */
function blend(under, over, share) {
  const rest = 256 - share;
  const odd = Math.imul(under & 0xff00ff, rest) + Math.imul(over & 0xff00ff, share);
  const even = Math.imul((under >>> 8) & 0xff00ff, rest) + Math.imul((over >>> 8) & 0xff00ff, share);
  return (((odd >>> 8) & 0xff00ff) | (even & 0xff00ff00)) >>> 0;
}
