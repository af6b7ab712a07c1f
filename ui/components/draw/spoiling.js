// Ways to damage an image before an autoencoder sees it. `ae_core/preprocessing/corruption.py` defines each step and says why; this file
// follows it in double precision, so that both give the same image.

import { PIXELS, SIDE } from "../lib/paint/pixels.js";

const CENTRE = (SIDE - 1) / 2;

/**
 * @param {Float32Array} image 784 values in 0..1, row by row; stays as it is
 * @param {{noise: number, patch: number, patch_x: number, patch_y: number, rotate: number, shift_x: number,
 *   shift_y: number, thicken: number}} how the fields of Python's `Spoil`, each within its range
 * @param {Float32Array} noise Python's `NOISE`, 784 values
 * @returns {Float32Array} a damaged copy, 784 values in 0..1
 */
export function spoil(image, how, noise) {
  const ink = move(thicken(new Float64Array(image), how.thicken), how);
  erase(ink, how);
  const spoiled = new Float32Array(PIXELS);
  for (let i = 0; i < PIXELS; i++) spoiled[i] = Math.min(1, Math.max(0, ink[i] + how.noise * noise[i]));
  return spoiled;
}

/** Whether it changes anything; where a patch of no size would lie does not matter. */
export function isSpoiled(how) {
  return [how.noise, how.patch, how.rotate, how.shift_x, how.shift_y, how.thicken].some((amount) => amount !== 0);
}

/** Strokes grown by so many pixels on each side, or shrunk; the fraction of a pixel is blended in. */
function thicken(ink, pixels) {
  const steps = Math.abs(pixels);
  const pick = pixels > 0 ? Math.max : Math.min;
  for (let i = 1; i <= steps; i++) ink = step(ink, pick);
  const share = steps - Math.floor(steps);
  if (share === 0) return ink;
  const next = step(ink, pick);
  return ink.map((value, i) => (1 - share) * value + share * next[i]);
}

/** The largest or smallest of each pixel and its four neighbours, as far as they lie in the image. */
function step(ink, pick) {
  const stepped = new Float64Array(PIXELS);
  const last = SIDE - 1;
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i++) {
      const beside = pick(ink[x > 0 ? i - 1 : i], ink[x < last ? i + 1 : i]);
      stepped[i] = pick(ink[i], beside, ink[y > 0 ? i - SIDE : i], ink[y < last ? i + SIDE : i]);
    }
  }
  return stepped;
}

/** Rotated about the centre and then shifted: each pixel is looked up where it comes from. */
function move(ink, how) {
  const moved = new Float64Array(PIXELS);
  const angle = (how.rotate * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  for (let row = 0, i = 0; row < SIDE; row++) {
    const y = row - CENTRE - how.shift_y;
    for (let column = 0; column < SIDE; column++, i++) {
      const x = column - CENTRE - how.shift_x;
      moved[i] = between(ink, x * cos - y * sin + CENTRE, x * sin + y * cos + CENTRE);
    }
  }
  return moved;
}

/** Interpolated between the four pixels around a place. */
function between(ink, x, y) {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const across = x - left;
  const down = y - top;
  const upper = (1 - across) * pixel(ink, left, top) + across * pixel(ink, left + 1, top);
  const lower = (1 - across) * pixel(ink, left, top + 1) + across * pixel(ink, left + 1, top + 1);
  return (1 - down) * upper + down * lower;
}

/** Zero outside the image. */
function pixel(ink, x, y) {
  return x >= 0 && x < SIDE && y >= 0 && y < SIDE ? ink[y * SIDE + x] : 0;
}

/** Sets the patch to zero, in place. */
function erase(ink, how) {
  const left = Math.ceil(how.patch_x - how.patch / 2);
  const top = Math.ceil(how.patch_y - how.patch / 2);
  const from = Math.max(left, 0);
  const to = Math.min(left + how.patch, SIDE);
  for (let y = Math.max(top, 0); y < Math.min(top + how.patch, SIDE); y++) {
    ink.fill(0, y * SIDE + from, y * SIDE + to);
  }
}
