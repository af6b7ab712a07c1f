// Colours as the rasteriser takes them, and what the points of a map are coloured by.

import { HIDDEN } from "./scatter.js";

/** Colours along a scale. One less than a byte holds: the last stands for points that are not drawn. */
const LEVELS = 250;
/** The palest colours of a sequential scale are nearly the page's own; points would be lost on it. */
const PALEST = 2;
/** This share of values has the last colour or one before it: a few odd ones would take the rest of the scale. */
const COVERED = 0.99;

/**
 * @typedef {{classes: string[], sequential: string[], diverging: string[], background: string, text: string,
 *   muted: string, fog: string}} Theme fog: empty where it is the page's own background
 * @typedef {{colours: Uint8Array, table: Uint32Array, scale: ({low: number, middle: number, high: number,
 *   ramp: string[]}|null)}} Coloured colours: of each point its place in the table; scale: what a legend shows
 */

let probe = null;

/** A colour of a style sheet as [red, green, blue]. */
function channels(colour) {
  probe ??= document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour;
  return [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16) || 0);
}

/**
 * @param {string} colour as style sheets have it, opaque
 * @returns {number} 0xFFBBGGRR, a pixel of an ImageData read as a little-endian word
 */
export function wordOf(colour) {
  const [red, green, blue] = channels(colour);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * The theme's colours, as they are now.
 * @param {HTMLElement} root
 * @param {{light: string[], dark: string[]}} classColours
 * @returns {Theme}
 */
export function themeOf(root, classColours) {
  const style = getComputedStyle(root);
  const value = (name) => style.getPropertyValue(name).trim();
  const list = (name) => value(name).split(/,(?![^(]*\))/).map((colour) => colour.trim()).filter(Boolean);
  const background = value("--st-background-color") || "#ffffff";
  const [red, green, blue] = channels(background);
  const dark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  return {
    classes: classColours[dark ? "dark" : "light"],
    sequential: list("--st-chart-sequential-colors").slice(PALEST),
    diverging: list("--st-chart-diverging-colors"),
    background,
    text: value("--st-text-color") || "#000000",
    muted: dark ? "#93a1ae" : "#5b6875",
    // What pictures fade into. A dark page is nearly as black as they are: nobody would see that they fade.
    fog: dark ? "#5a6773" : "",
    primary: value("--st-primary-color"),
    red: value("--st-red-color"),
    family: style.fontFamily,
  };
}

/**
 * @param {{count: number, labels: (Uint8Array|null), errors: Float32Array, codes: Float32Array, latentDim: number}|null}
 *   collection null while it is on its way: all points are grey
 * @param {number} count of points
 * @param {{by: string, dim: number, hidden: Set<number>}} choice by label, error or dim; hidden: labels not drawn
 * @param {Theme} theme
 * @returns {Coloured}
 */
export function colourPoints(collection, count, { by, dim, hidden }, theme) {
  const colours = new Uint8Array(count);
  const table = new Uint32Array(256);
  let scale = null;
  if (!collection) {
    table[0] = wordOf(theme.muted);
  } else if (by === "label") {
    const { classes } = theme;
    collection.classNames.forEach((_, label) => (table[label] = wordOf(classes[label % classes.length])));
    colours.set(collection.labels);
  } else {
    const { latentDim, codes } = collection;
    const values = by === "error" ? collection.errors : codes.filter((_, i) => i % latentDim === dim);
    scale = scaleOf(values, by === "error", theme);
    table.set(scale.ramp.map(wordOf));
    const step = (LEVELS - 1) / (scale.high - scale.low || 1);
    values.forEach((value, i) => {
      colours[i] = Math.min(LEVELS - 1, Math.max(0, Math.round((value - scale.low) * step)));
    });
  }
  const labels = collection?.labels;
  if (labels && hidden.size) labels.forEach((label, i) => hidden.has(label) && (colours[i] = HIDDEN));
  return { colours, table, scale };
}

/** Errors, and codes that are never negative, go from little to much; other codes both ways from zero. */
function scaleOf(values, error, { sequential, diverging }) {
  const sorted = Float32Array.from(values).sort();
  const last = (share) => sorted[Math.round(share * (sorted.length - 1))];
  if (error || sorted[0] >= 0) {
    const low = error ? sorted[0] : 0;
    const high = Math.max(last(COVERED), low);
    return { low, middle: (low + high) / 2, high, ramp: rampOf(sequential) };
  }
  const rest = (1 - COVERED) / 2;
  const limit = Math.max(Math.abs(last(rest)), Math.abs(last(1 - rest)));
  return { low: -limit, middle: 0, high: limit, ramp: rampOf(diverging) };
}

/** LEVELS colours, evenly spaced along a few. */
function rampOf(colours) {
  const stops = colours.map(channels);
  return Array.from({ length: LEVELS }, (_, level) => {
    const place = (level / (LEVELS - 1)) * (stops.length - 1);
    const at = Math.min(stops.length - 2, Math.floor(place));
    const mixed = stops[at].map((value, i) => Math.round(value + (place - at) * (stops[at + 1][i] - value)));
    return `rgb(${mixed.join(", ")})`;
  });
}
