/** A tab that was hidden for a minute goes on where it was. */
const LONGEST_FRAME_MS = 100;

/**
 * Whether the visitor asked their system for less motion.
 * @returns {boolean}
 */
export function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * Call `step` with 0..1, eased, once a frame for `duration` ms; once with 1 for visitors who want less motion.
 * @param {number} duration
 * @param {function(number): void} step
 * @returns {function(): void} stops it where it is
 */
export function glide(duration, step) {
  if (calm()) {
    step(1);
    return () => {};
  }
  const start = performance.now();
  let frame = requestAnimationFrame(function next(now) {
    const t = Math.min(1, Math.max(0, (now - start) / duration));
    step(t < 1 ? 1 - (1 - t) ** 3 : 1);
    if (t < 1) frame = requestAnimationFrame(next);
  });
  return () => cancelAnimationFrame(frame);
}

/**
 * Call `step` once a frame with the share of `duration` that went by since the last one, as long as it returns true.
 * @param {number} duration in milliseconds
 * @param {function(number): boolean} step
 * @returns {function(): void} stops it
 */
export function play(duration, step) {
  let before = performance.now();
  let frame = requestAnimationFrame(function next(now) {
    const share = Math.min(LONGEST_FRAME_MS, Math.max(0, now - before)) / duration;
    before = now;
    if (step(share)) frame = requestAnimationFrame(next);
  });
  return () => cancelAnimationFrame(frame);
}
