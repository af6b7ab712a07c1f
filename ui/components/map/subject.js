// What there is to say of a point, a star or an empty place of a map.

import { nearestImages, nearestRows } from "./nearest.js";
import { NEIGHBOURS } from "./space.js";

/**
 * @typedef {{kind: "point", index: number} | {kind: "star", index: number} | {kind: "place", x: number, y: number}} Target
 * @typedef {object} Subject
 * @property {string} title
 * @property {{values: ArrayLike<number>, white: number, caption: string}|null} left an image
 * @property {{values: ArrayLike<number>, white: number, caption: string}|null} right what the decoder makes of the code
 * @property {string[]} facts sentences
 * @property {Float32Array|null} code
 * @property {number} own the image it is, which is not its own neighbour; or -1
 * @property {boolean} [seen] whether the left image is what its code was made from
 */

/** @type {Subject} */
const WAITING = { title: "The images are on their way", left: null, right: null, facts: [], code: null, own: -1 };

/**
 * @param {Target} target
 * @param {import("./space.js").Space} space
 * @param {object} map stars: of each x, y, name, code and image; axes: names or null
 * @returns {Subject}
 */
export function subjectOf(target, space, map) {
  if (!space.collection) return WAITING;
  if (target.kind === "point") return ofPoint(target.index, space);
  if (target.kind === "star") return ofStar(map.stars[target.index], space);
  return ofPlace(target, space, map);
}

/** @returns {string} the name of an image's class, or of the image where there are no classes */
export function nameOf(index, { labels, classNames }) {
  return labels ? classNames[labels[index]] : `no. ${count(index)}`;
}

/**
 * The images nearest to a subject, by code and by pixels.
 * @param {Subject} subject
 * @param {import("./space.js").Space} space
 * @returns {{byCode: {index: number, distance: number}[], byPixels: {index: number, distance: number}[]}}
 */
export function neighboursOf({ code, left, right, own, seen }, space) {
  const { codes, pixels } = space.collection;
  const byCode = code ? nearestRows(codes, space.latentDim, code, NEIGHBOURS, { skip: own }) : [];
  const image = seen ? left : right;
  return { byCode, byPixels: image ? nearestImages(pixels, bytesOf(image), NEIGHBOURS, own) : [] };
}

function ofPoint(index, space) {
  const { collection } = space;
  const code = space.codeOf(index);
  const [other] = nearestRows(collection.codes, space.latentDim, code, 1, { skip: index, among: amongOf(index, space) });
  const facts = [`Reconstruction error ${collection.errors[index].toFixed(4)}.`];
  if (other) facts.push(farness("nearest other image", other, space));
  const name = nameOf(index, collection);
  return {
    title: collection.labels ? `Image ${count(index)}: ${name}` : `Image ${count(index)}`,
    left: { values: space.imageOf(index), white: 255, caption: "Original" },
    right: made(space.decode(code), "Reconstruction"),
    facts, code, own: index, seen: true,
  };
}

/** Where all codes are too many to look at for a pointer that moves, those near on the map stand for them. */
function amongOf(index, space) {
  return space.near(space.points.xs[index], space.points.ys[index]);
}

function ofStar(star, space) {
  const code = star.code ?? space.codeAt(star.x, star.y);
  const nearest = nearestRows(space.collection.codes, space.latentDim, code, 1)[0];
  const right = made(space.decode(code), star.code ? "Reconstruction" : "Decoded from here");
  const left = star.image ? { values: star.image, white: 255, caption: "Original" } : nearestImage(nearest, space);
  const facts = [farness("nearest image", nearest, space)];
  if (!star.code) facts.push(...caveats(space));
  return { title: star.name, left, right, facts, code, own: -1, seen: Boolean(star.image) };
}

function ofPlace({ x, y }, space, { axes, flat, stretch }) {
  const code = space.codeAt(x, y);
  const nearest = space.nearest(code, x, y);
  const numbers = [x, y / stretch].slice(0, flat ? 1 : 2).map((value) => value.toPrecision(3).replace("-", "−"));
  return {
    title: axes ? `Place ${numbers.join(", ")}` : "A place between the images",
    left: nearestImage(nearest, space),
    right: made(space.decode(code), "Decoded from here"),
    facts: [farness("nearest image", nearest, space), ...caveats(space)],
    code, own: -1, seen: false,
  };
}

function nearestImage({ index }, space) {
  const caption = space.collection.labels ? `Nearest image: ${nameOf(index, space.collection)}` : "Nearest image";
  return { values: space.imageOf(index), white: 255, caption };
}

/** The decoder writes over its result at the next call. */
function made(image, caption) {
  return image && { values: image.slice(), white: 1, caption };
}

function caveats({ kind, latentDim, points }) {
  if (kind !== "neighbours") return latentDim > 2 ? ["This is the plane itself; real codes also lie off it."] : [];
  const number = Math.min(NEIGHBOURS, points.count);
  return [`From a weighted mean of the codes of ${number} neighbours; the true inverse does not exist.`];
}

/** A distance, and what is far there: the number alone says nothing, since each network has a scale of its own. */
function farness(what, { index, distance }, space) {
  const gap = space.gapAround(index);
  const words = distance === 0 ? "0" : Number(distance.toPrecision(3)).toString();
  if (gap === 0) return `Distance to the ${what} ${words}.`;
  const times = distance / gap;
  if (times <= 1) return `Distance to the ${what} ${words}: as near as images are to each other here.`;
  const many = times < 9.95 ? times.toFixed(1) : count(Math.round(times));
  return `Distance to the ${what} ${words}: ${many} times as far as images are from each other here.`;
}

function bytesOf({ values, white }) {
  if (white === 255) return values;
  return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(255 * value))));
}

/** @returns {string} a whole number as one reads it */
export function count(number) {
  return number.toLocaleString("en");
}
