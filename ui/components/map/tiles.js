// What the decoder would draw all over the map, as a grid of small pictures that fade where no real code is near.

import { PIXELS, SIDE } from "../lib/paint/pixels.js";

/** Milliseconds of a frame that may go into decoding. */
const SLICE = 6;
/** How strong a picture far away from every real code still is. */
const FAINTEST = 0.1;
/** A picture has its full strength where something real lies within this share of its side: in its own square. */
const PIECE = 0.7;

export class Tiles {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.picture = new ImageData(SIDE, SIDE);
    this.words = new Uint32Array(this.picture.data.buffer);
    Object.assign(this, { waiting: [], size: 0, version: "", column: 0, row: 0 });
  }

  /**
   * Begin the grid over what is seen. Pictures that are there already, after a pan, are kept.
   * @param {import("./view.js").View} view
   * @param {number} side pictures along the longer side of the map
   * @param {string} version of all that the pictures depend on
   */
  plan(view, side, version) {
    const size = Math.max(view.width, view.height) / side / view.scale;
    const seen = view.seen();
    const column = Math.floor(seen.left / size);
    const row = Math.floor(seen.bottom / size);
    const columns = Math.floor(seen.right / size) - column + 1;
    const rows = Math.floor(seen.top / size) - row + 1;
    // Of a grid that was not ready, some pictures are missing; it is not worth finding out which.
    const known = this.size === size && this.version === version && this.waiting.length === 0 ? this : null;
    const old = known && { column: this.column, row: this.row, columns: this.columns, rows: this.rows };
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: columns * SIDE, height: rows * SIDE });
    if (old) {
      // Rows count upwards, pixels downwards.
      const down = row + rows - (old.row + old.rows);
      canvas.getContext("2d").drawImage(this.canvas, (old.column - column) * SIDE, down * SIDE);
    }
    Object.assign(this, { canvas, size, version, column, row, columns, rows });
    this.waiting = [];
    for (let r = row; r < row + rows; r++) {
      for (let c = column; c < column + columns; c++) if (!old || !holds(old, c, r)) this.waiting.push([c, r]);
    }
    // The last is the next, so the grid grows from the middle.
    const away = ([c, r]) => Math.hypot(c - column - columns / 2, r - row - rows / 2);
    this.waiting.sort((a, b) => away(b) - away(a));
  }

  /**
   * Paint more pictures, for a few milliseconds.
   * @param {import("./space.js").Space} space
   * @returns {boolean} whether the grid is ready
   */
  work(space) {
    const end = performance.now() + SLICE;
    const context = this.canvas.getContext("2d");
    while (this.waiting.length && performance.now() < end) {
      const [c, r] = this.waiting.pop();
      if (!this.paint(space, (c + 0.5) * this.size, (r + 0.5) * this.size)) continue;
      context.putImageData(this.picture, (c - this.column) * SIDE, (this.row + this.rows - 1 - r) * SIDE);
    }
    return this.waiting.length === 0;
  }

  paint(space, x, y) {
    const code = space.codeAt(x, y);
    const image = code && space.decode(code);
    if (!image) return false;
    const alpha = Math.round(255 * this.strength(space, code, x, y)) << 24;
    for (let i = 0; i < PIXELS; i++) {
      const value = image[i] * 255;
      const level = value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
      this.words[i] = alpha | (level * 0x010101);
    }
    return true;
  }

  /**
   * Full where a picture has a dot in its own square, or one as near as dots there lie to each other; then fading. The
   * same holds in the latent space, where the map is not all of it: on a plane through 32 dimensions, or where a mean
   * of real codes is never far from them.
   */
  strength(space, code, x, y) {
    const piece = PIECE * this.size;
    const { index, distance } = space.nearest(code, x, y);
    const gap = space.gapAround(index);
    // Here distances on the map are those of the latent space, but for the width of a strip.
    if (space.kind !== "neighbours" && space.latentDim <= 2) return fade(distance, Math.max(gap, piece));
    const dot = space.nearestDot(x, y);
    return Math.min(fade(distance, gap), fade(dot.distance, Math.max(dot.gap, piece)));
  }

  /**
   * Draw what is ready, where it belongs in the view now.
   * @param {CanvasRenderingContext2D} context in pixels of the screen
   * @param {import("./view.js").View} view
   */
  draw(context, view) {
    if (!this.size) return;
    const corner = view.toScreen(this.column * this.size, (this.row + this.rows) * this.size);
    const side = this.size * view.scale;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.canvas, corner.x, corner.y, this.columns * side, this.rows * side);
  }
}

function fade(distance, near) {
  const beyond = (distance - near) / (near || 1);
  return beyond <= 0 ? 1 : FAINTEST + (1 - FAINTEST) * Math.exp(-2 * beyond);
}

function holds({ column, row, columns, rows }, c, r) {
  return c >= column && c < column + columns && r >= row && r < row + rows;
}
