// The latent space behind a map: which code a place stands for, what the decoder makes of it, how far real codes are.

import { forward, parseNetwork } from "../lib/network/forward.js";
import { PIXELS } from "../lib/paint/pixels.js";
import { nearestRows } from "./nearest.js";

/** How many points around a place stand in for an inverse that does not exist. */
export const NEIGHBOURS = 8;
/** So many numbers can be looked at while a pointer moves, in about 3 ms. */
const AT_ONCE = 4_000_000;
/** Of more, only so many codes are looked at: those whose points lie nearest on the map. */
const AMONG = 400;
/** How far apart codes lie around one of them is read off its so-manieth neighbour: one twin says nothing. */
const AROUND = 3;
/** But where codes are as near as this to a real one, in usual distances, they are near wherever that is. */
const NEAR = 1.5;

export class Space {
  /**
   * @param {object} header of the map's data
   * @param {function(string): (Float32Array|null)} numbers its arrays
   * @param {import("./points.js").Points} points
   */
  constructor(header, numbers, points) {
    Object.assign(this, { points, kind: header.inverse, latentDim: header.latentDim });
    this.mean = numbers("mean");
    this.components = numbers("components");
    this.collection = this.decoder = this.gaps = null;
  }

  /** @param {{spec: object, weights: ArrayBuffer}} network */
  takeNetwork({ spec, weights }) {
    this.decoder = parseNetwork(spec, weights).decoder;
  }

  /** @returns {Float32Array} the code of an image, a view */
  codeOf(index) {
    return this.collection.codes.subarray(index * this.latentDim, (index + 1) * this.latentDim);
  }

  /** @returns {Uint8Array} the pixels of an image, a view */
  imageOf(index) {
    return this.collection.pixels.subarray(index * PIXELS, (index + 1) * PIXELS);
  }

  /**
   * @param {ArrayLike<number>} code
   * @returns {Float32Array|null} 784 values that the next call writes over; null while there is no network
   */
  decode(code) {
    return this.decoder && forward(this.decoder, code);
  }

  /**
   * The code that a place of the map stands for.
   * @returns {Float32Array|null} null while that cannot be told
   */
  codeAt(x, y) {
    if (this.kind === "direct") return Float32Array.from(this.latentDim === 1 ? [x] : [x, y]);
    if (this.kind === "linear") {
      const { mean, components, latentDim } = this;
      return mean.map((value, i) => value + x * components[i] + y * components[latentDim + i]);
    }
    if (!this.collection) return null;
    // The nearer a neighbour, the more it counts; on a point itself it alone.
    const near = this.points.places().nearest(x, y, NEIGHBOURS);
    const least = 1e-6 * (near[near.length - 1].distance || 1);
    const weights = near.map(({ distance }) => 1 / (distance + least));
    return this.mix(near, weights);
  }

  /**
   * The weighted mean of some codes.
   * @param {{index: number}[]} points
   * @param {number[]} weights
   * @returns {Float32Array}
   */
  mix(points, weights) {
    const sums = new Float64Array(this.latentDim);
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    points.forEach(({ index }, k) => {
      const code = this.codeOf(index);
      for (let i = 0; i < sums.length; i++) sums[i] += (weights[k] / whole) * code[i];
    });
    return Float32Array.from(sums);
  }

  /**
   * The real code nearest to one that belongs to a place. In a collection too large to be searched while a pointer
   * moves, it is the nearest among those that are near on the map: that may miss one which the map has put elsewhere.
   * @returns {{index: number, distance: number}|null}
   */
  nearest(code, x, y) {
    if (!this.collection) return null;
    return nearestRows(this.collection.codes, this.latentDim, code, 1, { among: this.near(x, y) })[0] ?? null;
  }

  /** @returns {number[]|null} which codes to look at for a place while a pointer moves; null for all of them */
  near(x, y) {
    if (this.collection.codes.length <= AT_ONCE) return null;
    return this.points.places().nearest(x, y, AMONG).map(({ index }) => index);
  }

  /**
   * How far apart real codes lie around one of them. One distance for the whole latent space would not do: in a plane
   * the codes of one kind can lie ten times as dense as those of another.
   * @param {number} index
   * @returns {number} 0 where all codes are the same
   */
  gapAround(index) {
    const { collection, latentDim } = this;
    this.gaps ??= new Float32Array(collection.count).fill(-1);
    if (this.gaps[index] < 0) {
      const how = { skip: index, among: this.near(this.points.xs[index], this.points.ys[index]) };
      const others = nearestRows(collection.codes, latentDim, this.codeOf(index), AROUND, how);
      this.gaps[index] = Math.max(NEAR * collection.usual, others.at(-1)?.distance ?? 0);
    }
    return this.gaps[index];
  }

  /**
   * The dot nearest to a place of the map, and how far apart dots lie around it.
   * @returns {{distance: number, gap: number}}
   */
  nearestDot(x, y) {
    const { xs, ys } = this.points;
    const places = this.points.places();
    const [{ index, distance }] = places.nearest(x, y, 1);
    // The dot itself is the first of those around it.
    return { distance, gap: places.nearest(xs[index], ys[index], AROUND + 1).at(-1).distance };
  }
}
