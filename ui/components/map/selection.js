// Some points of the map together: how many of each class, the mean of their pictures, the picture of their mean.

import { make, setText } from "../lib/page/dom.js";
import { PIXELS, paintDigit } from "../lib/paint/pixels.js";
import { count } from "./subject.js";

/**
 * The points inside an outline.
 * @param {{xs: Float32Array, ys: Float32Array}} points
 * @param {{x: number, y: number}[]} outline closed, in the points' own coordinates
 * @param {function(number): boolean} accept which points count
 * @returns {number[]} indices
 */
export function pointsWithin({ xs, ys }, outline, accept) {
  const left = Math.min(...outline.map(({ x }) => x));
  const right = Math.max(...outline.map(({ x }) => x));
  const bottom = Math.min(...outline.map(({ y }) => y));
  const top = Math.max(...outline.map(({ y }) => y));
  const inside = [];
  for (let i = 0; i < xs.length; i++) {
    if (xs[i] < left || xs[i] > right || ys[i] < bottom || ys[i] > top) continue;
    if (accept(i) && isWithin(xs[i], ys[i], outline)) inside.push(i);
  }
  return inside;
}

/** A ray from the place crosses the outline an odd number of times. */
function isWithin(x, y, outline) {
  let within = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [a, b] = [outline[i], outline[j]];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) within = !within;
  }
  return within;
}

/**
 * @param {number[]} indices at least one
 * @param {import("./space.js").Space} space
 * @returns {{counts: number[], image: Float32Array, decoded: (Float32Array|null)}} counts: of each class; image: the
 *   mean of the pixels, 0..1; decoded: what the decoder makes of the mean of the codes
 */
export function summarize(indices, space) {
  const { labels, classNames, pixels } = space.collection;
  const counts = new Array(classNames.length).fill(0);
  const sums = new Float64Array(PIXELS);
  for (const index of indices) {
    if (labels) counts[labels[index]]++;
    const start = index * PIXELS;
    for (let i = 0; i < PIXELS; i++) sums[i] += pixels[start + i];
  }
  const image = Float32Array.from(sums, (sum) => sum / indices.length / 255);
  const code = space.mix(indices.map((index) => ({ index })), indices.map(() => 1));
  return { counts, image, decoded: space.decode(code)?.slice() ?? null };
}

/**
 * @param {HTMLElement} root
 * @param {number[]} indices
 * @param {ReturnType<typeof summarize>} summary
 * @param {{classNames: string[]}} collection
 * @param {{classes: string[]}} theme
 */
export function showSummary(root, indices, { counts, image, decoded }, { classNames }, theme) {
  const find = (selector) => root.querySelector(selector);
  setText(find(".selected"), indices.length === 1 ? "1 image selected" : `${count(indices.length)} images selected`);
  paintDigit(find(".mean"), image, 1);
  paintDigit(find(".decoded"), decoded ?? new Float32Array(PIXELS), 1);
  const most = Math.max(1, ...counts);
  find(".counts").replaceChildren(...classNames.map((name, label) => {
    const row = Object.assign(make("div", "row"));
    const part = (className, text) => Object.assign(make("span", className), { textContent: text });
    const track = make("span", "track");
    const bar = make("span", "bar");
    bar.style.width = `${(100 * counts[label]) / most}%`;
    bar.style.background = theme.classes[label % theme.classes.length];
    track.append(bar);
    row.append(part("name", name), track, part("count", count(counts[label])));
    return row;
  }));
}
