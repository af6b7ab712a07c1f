// Frames of a film as positions that move between them. A position of 2.5 lies halfway from the third to the fourth.

/** How long the whole film plays, in milliseconds. */
export const DURATION = 6000;
/** This share of the points, at each side of a frame, may lie outside of the box. */
const ODD = 0.005;

/** The points of all frames, and where they are in between. */
export class Film {
  /**
   * @param {Float32Array} points frame after frame, x and y of each image
   * @param {number} frames
   */
  constructor(points, frames) {
    Object.assign(this, { points, frames, count: points.length / (2 * frames) });
    this.last = frames - 1;
    this.xs = new Float32Array(this.count);
    this.ys = new Float32Array(this.count);
  }

  /**
   * Where the points are at a position, in `xs` and `ys`, which the next call writes over. They go through the frames
   * without a jerk (Catmull and Rom, 1974, "A class of local interpolating splines").
   * @param {number} position 0 to `last`
   * @returns {{xs: Float32Array, ys: Float32Array}}
   */
  at(position) {
    const from = Math.min(Math.floor(position), Math.max(0, this.last - 1));
    const t = position - from;
    const within = (frame) => Math.min(this.last, Math.max(0, frame)) * this.count * 2;
    const starts = [within(from - 1), within(from), within(from + 1), within(from + 2)];
    const weights = [
      (-t + 2 * t * t - t ** 3) / 2, (2 - 5 * t * t + 3 * t ** 3) / 2, (t + 4 * t * t - 3 * t ** 3) / 2, (t ** 3 - t * t) / 2,
    ];
    const mix = (at) => weights.reduce((sum, weight, i) => sum + weight * this.points[starts[i] + at], 0);
    for (let image = 0; image < this.count; image++) {
      this.xs[image] = mix(2 * image);
      this.ys[image] = mix(2 * image + 1);
    }
    return { xs: this.xs, ys: this.ys };
  }

  /**
   * A box in which the points of every frame lie, but for a few at each side that are far from all others.
   * @returns {{left: number, right: number, bottom: number, top: number}}
   */
  box() {
    const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
    const odd = Math.floor(ODD * this.count);
    for (let frame = 0; frame < this.frames; frame++) {
      const points = this.points.subarray(2 * frame * this.count, 2 * (frame + 1) * this.count);
      const [xs, ys] = [0, 1].map((axis) => points.filter((_, i) => i % 2 === axis).sort());
      box.left = Math.min(box.left, xs[odd]);
      box.right = Math.max(box.right, xs[this.count - 1 - odd]);
      box.bottom = Math.min(box.bottom, ys[odd]);
      box.top = Math.max(box.top, ys[this.count - 1 - odd]);
    }
    return box;
  }
}

/**
 * Slow at both ends of the film.
 * @param {number} time 0 to 1
 * @returns {number} the share of the film that has been shown
 */
export function ease(time) {
  return (1 - Math.cos(Math.PI * time)) / 2;
}

/**
 * The opposite of `ease`: to go on from where somebody has stopped.
 * @param {number} share 0 to 1
 * @returns {number}
 */
export function timeOf(share) {
  return Math.acos(1 - 2 * share) / Math.PI;
}
