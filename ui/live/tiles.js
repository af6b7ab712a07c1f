// What the decoder would draw all over the map, as a grid of small pictures that fade where no real code is near.

import { PIXELS, SIDE } from "./pixels.js";

/** Milliseconds of a frame that may go into decoding. */
const SLICE = 6;
/** How strong a picture far away from every real code still is. */
const FAINTEST = 0.1;
/** Up to this many usual distances away, or this share of its own side, a picture has its full strength. */
const NEAR = 1.5;
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

  /** Full as near as a real code usually is, or within the picture's own piece of the plane; then fading. */
  strength(space, code, x, y) {
    const { usual } = space.collection;
    const piece = PIECE * this.size;
    if (space.kind === "direct") return fade(space.nearest(code, x, y).distance, NEAR * usual + piece);
    const inSpace = fade(space.nearest(code, x, y).distance, NEAR * usual);
    if (space.kind === "linear") return inSpace;
    // A mean of real codes is never far from them: that nothing is there shows on the map alone.
    return Math.min(inSpace, fade(space.points.places().nearest(x, y, 1)[0].distance, piece));
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
