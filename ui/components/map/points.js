// Where the points of a map are: gliding from one arrangement to the next, found again by place.

import { calm } from "../lib/page/motion.js";
import { Places } from "./places.js";

/** Height of a strip, for latent spaces of one dimension, as a share of its length. */
const STRIP = 0.4;
/** A spread below this share of the values themselves is none: float32 holds seven digits. */
const NO_SPREAD = 1e-6;

export class Points {
  constructor() {
    Object.assign(this, { count: 0, stretch: 1, moving: false, index: null, collapsed: false, generation: 0 });
    this.xs = this.ys = this.order = new Float32Array(0);
    this.bounds = { left: -1, right: 1, bottom: -1, top: 1 };
  }

  /**
   * Take a new arrangement.
   * @param {Float32Array} values x and y of each point in turn
   * @param {{strip: boolean, duration: number}} how strip: y means nothing and is scaled to show as a strip;
   *   duration: ms to get there, for points that are here already
   * @returns {boolean} whether anything is different from before
   */
  take(values, { strip, duration }) {
    const count = values.length / 2;
    if (this.values && this.values.length === values.length && this.values.every((value, i) => value === values[i])) {
      return false;
    }
    const known = count === this.count && !calm();
    this.values = values;
    const xs = values.filter((_, i) => i % 2 === 0);
    const ys = values.filter((_, i) => i % 2 === 1);
    const bounds = boundsOf(xs, ys);
    const [width, height] = [bounds.right - bounds.left, bounds.top - bounds.bottom];
    this.stretch = strip && width > 0 && height > 0 ? (STRIP * width) / height : 1;
    ys.forEach((y, i) => (ys[i] = y * this.stretch));
    this.collapsed = count > 1 && Math.max(width, strip ? 0 : height) <= NO_SPREAD * largest(bounds);
    if (count !== this.count) this.order = shuffled(count);
    this.count = count;
    this.generation++;
    this.index = null;
    this.to = { xs, ys, bounds: roomy(boundsOf(xs, ys)) };
    if (known) this.from = { xs: this.xs.slice(), ys: this.ys.slice(), bounds: { ...this.bounds } };
    else Object.assign(this, { xs: xs.slice(), ys: ys.slice(), bounds: { ...this.to.bounds } });
    this.moving = known;
    this.begun = null;
    this.duration = duration;
    return true;
  }

  /** Move on to where the points are at this time, in ms. */
  step(now) {
    if (!this.moving) return;
    this.begun ??= now;
    const t = Math.min(1, (now - this.begun) / this.duration);
    this.moving = t < 1;
    if (!this.moving) this.generation++;
    const { from, to, xs, ys } = this;
    for (let i = 0; i < xs.length; i++) {
      xs[i] = from.xs[i] + t * (to.xs[i] - from.xs[i]);
      ys[i] = from.ys[i] + t * (to.ys[i] - from.ys[i]);
    }
    for (const side of Object.keys(this.bounds)) {
      this.bounds[side] = from.bounds[side] + t * (to.bounds[side] - from.bounds[side]);
    }
    this.index = null;
  }

  /** The points by place, worked out when first asked for. */
  places() {
    this.index ??= new Places(this.xs, this.ys, boundsOf(this.xs, this.ys));
    return this.index;
  }
}

function boundsOf(xs, ys) {
  const bounds = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let i = 0; i < xs.length; i++) {
    if (xs[i] < bounds.left) bounds.left = xs[i];
    if (xs[i] > bounds.right) bounds.right = xs[i];
    if (ys[i] < bounds.bottom) bounds.bottom = ys[i];
    if (ys[i] > bounds.top) bounds.top = ys[i];
  }
  return bounds;
}

function largest({ left, right, bottom, top }) {
  return Math.max(Math.abs(left), Math.abs(right), Math.abs(bottom), Math.abs(top), Number.MIN_VALUE);
}

/** A single point, or all in one place, still need a piece of the plane around them. */
function roomy({ left, right, bottom, top }) {
  if (Math.max(right - left, top - bottom) > NO_SPREAD * largest({ left, right, bottom, top })) {
    return { left, right, bottom, top };
  }
  const room = Math.max(1, largest({ left, right, bottom, top }) / 10);
  return { left: left - room, right: right + room, bottom: bottom - room, top: top + room };
}

/** In which order the points are drawn: mixed, so that no class hides the others, but always the same. */
function shuffled(count) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 1;
  for (let i = count - 1; i > 0; i--) {
    // Numerical Recipes' generator; its upper bits are good enough for a deck of cards.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
