// Paints a map: the ground (dots, digits or the decoded grid), and over it what belongs to the visitor's own doing.

import { wordOf } from "../lib/paint/colours.js";
import { HIDDEN, Scatter } from "../lib/paint/scatter.js";
import { Overlay } from "./overlay.js";
import { Sprites } from "./sprites.js";

/** Pixels of the canvas to one of the screen, at most: finer is not seen, and costs with the square. */
const FINEST = 2;
/** Dots cover about this share of the map, as far as their smallest and largest radius allow. */
const COVER = 0.06;
const RADIUS = { least: 1.1, most: 4.5, overGrid: 1 };
/** Radius of the rings around dots, in pixels. */
const RING = { pin: 9, neighbour: 4, hover: 7 };
/** A digit instead of a dot: its side and its frame in the colour of the dot, in pixels. */
const DIGIT = 28;
const FRAME = 2;

export class Painter {
  /** @param {HTMLElement} plot that holds both canvases */
  constructor(plot) {
    this.scatter = new Scatter(plot.querySelector(".ground"));
    this.overlay = new Overlay(plot.querySelector(".overlay"));
    this.sprites = new Sprites();
    Object.assign(this, { fine: 1, digits: 0, shown: [] });
  }

  /** @returns {boolean} whether it had another size before */
  resize({ width, height }) {
    this.fine = Math.min(window.devicePixelRatio || 1, FINEST);
    const size = { width: Math.round(width * this.fine), height: Math.round(height * this.fine) };
    if (!this.scatter.resize(size.width, size.height)) return false;
    Object.assign(this.overlay.canvas, size);
    return true;
  }

  /**
   * @param {object} map view, points, coloured, theme, space; wantsDigits; tiles, or null where no grid is wanted;
   *   version of points and colours
   */
  ground({ view, points, coloured, theme, space, wantsDigits, tiles, version }) {
    const { scatter, fine } = this;
    const { colours, table } = coloured;
    const scale = view.scale * fine;
    const place = {
      scale,
      x: (view.width * fine) / 2 - view.middleX * scale,
      y: (view.height * fine) / 2 + view.middleY * scale,
    };
    scatter.clear(wordOf(theme.background) & 0xffffff);
    const radius = tiles ? RADIUS.overGrid : this.radius(view, points.count);
    scatter.dots(points, colours, table, place, radius * fine);
    // How many times as large as an image digits are drawn, 0 for dots; and which.
    Object.assign(this, { digits: 0, shown: [] });
    if (!tiles && space?.collection) this.drawDigits({ view, points, coloured, space, wantsDigits, place, version });
    scatter.show();
    if (!tiles) return;
    const { context } = scatter;
    context.save();
    context.setTransform(fine, 0, 0, fine, 0, 0);
    context.globalCompositeOperation = "destination-over";
    tiles.draw(context, view);
    if (theme.fog) {
      context.fillStyle = theme.fog;
      context.fillRect(0, 0, view.width, view.height);
    }
    context.restore();
  }

  radius({ width, height, zoom }, count) {
    const usual = Math.sqrt((COVER * width * height) / Math.max(1, count));
    return Math.min(RADIUS.most, Math.max(RADIUS.least, usual) * Math.max(1, Math.min(zoom ** 0.3, 3)));
  }

  drawDigits({ view, points, coloured, space, wantsDigits, place, version }) {
    const { scatter, sprites, fine } = this;
    const { colours, table } = coloured;
    const { width, height } = scatter.picture;
    const [across, up] = [(i) => place.x + place.scale * points.xs[i], (i) => place.y - place.scale * points.ys[i]];
    const within = (i, beyond) => {
      const [x, y] = [across(i), up(i)];
      return x > -beyond && y > -beyond && x < width + beyond && y < height + beyond;
    };
    const drawn = (i) => colours[i] !== HIDDEN;
    let count = 0;
    for (let i = 0; i < points.count; i++) if (drawn(i) && within(i, 0)) count++;
    const frame = Math.round(FRAME * fine);
    this.digits = sprites.decide(count, DIGIT * fine + 2 * frame, { width, height }) || Number(wantsDigits);
    if (!this.digits) return;
    const side = Math.round(this.digits * DIGIT * fine);
    const outer = side + 2 * frame;
    const chosen = sprites.choose(points, drawn, place.scale, outer, version);
    this.shown = sprites.onScreen(chosen, (i) => within(i, outer / 2));
    for (const i of this.shown) {
      const box = { left: across(i) - side / 2, top: up(i) - side / 2, side, frame };
      scatter.digit(space.collection.pixels, i, box, table[colours[i]]);
    }
  }

  /** @returns {number} the point whose digit is drawn at a spot of the screen; -1 where there is none */
  digitAt(spot, view, { xs, ys }) {
    const reach = (this.digits * DIGIT) / 2 + FRAME;
    const covers = (i) => {
      const { x, y } = view.toScreen(xs[i], ys[i]);
      return Math.abs(x - spot.x) <= reach && Math.abs(y - spot.y) <= reach;
    };
    return this.shown.find(covers) ?? -1;
  }

  /** @param {object} map as `ground` takes it; header, classes, kept, near, hover, selection, path and cursor */
  over({ view, points, theme, coloured, header, classes, kept, near, hover, selection, path, cursor, stars }) {
    const { overlay } = this;
    overlay.begin(view, this.fine, theme);
    const spotOf = (target) => view.toScreen(...placeOf(target, points, stars));
    const at = (target, other) => other && target.kind === other.kind && target.index === other.index;
    if (header.axes) overlay.axes(header.axes, header.flat);
    if (!this.digits && !points.collapsed) {
      for (const { name, x, y } of classes) overlay.className(name, view.toScreen(x, y));
    }
    if (selection?.outline) overlay.outline(selection.outline.map(({ x, y }) => view.toScreen(x, y)));
    // A ring must not hide the digit that it marks.
    const isDigit = (target) => target.kind === "point" && this.shown.includes(target.index);
    const corner = ((this.digits * DIGIT) / 2 + FRAME) * Math.SQRT2;
    const ringed = (target, usual) => ({ ...spotOf(target), radius: isDigit(target) ? corner : usual });
    if (kept) {
      const shown = (near?.byCode ?? []).filter(({ index }) => coloured.colours[index] !== HIDDEN);
      overlay.pin(ringed(kept, RING.pin), shown.map(({ index }) => ringed({ kind: "point", index }, RING.neighbour)));
    }
    stars.forEach((star, index) => {
      const target = { kind: "star", index };
      overlay.star(star.name, spotOf(target), at(target, hover) || at(target, kept));
    });
    if (hover?.kind === "point") overlay.ring(spotOf(hover), ringed(hover, RING.hover).radius);
    if (path.length > 1) overlay.outline(path);
    if (cursor) overlay.cross({ x: view.width / 2, y: view.height / 2 }, 4, 11);
  }
}

/**
 * Where something is on the plane.
 * @param {import("./subject.js").Target} target
 * @param {import("./points.js").Points} points
 * @param {{x: number, y: number}[]} stars
 * @returns {[number, number]}
 */
export function placeOf(target, points, stars) {
  if (target.kind === "point") return [points.xs[target.index], points.ys[target.index]];
  const { x, y } = target.kind === "star" ? stars[target.index] : target;
  return [x, y];
}
