// A code as a small bar chart: where each number stands among those of real images.

/**
 * @typedef {{mins: Float32Array, maxs: Float32Array, low: number, high: number}} Range each dimension's usual smallest
 *   and largest value, and the ends of the whole drawing
 */

/**
 * @param {HTMLCanvasElement} canvas drawn at its own resolution
 * @param {ArrayLike<number>|null} code null draws the usual ranges alone
 * @param {Range} range
 * @param {{bar: string, band: string, odd: string, line: string}} colors
 */
export function paintBars(canvas, code, range, colors) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  const { mins, maxs, low, high } = range;
  const step = width / mins.length;
  const gap = step > 6 ? 0.2 * step : step > 3 ? 1 : 0;
  const at = (value) => height * (1 - (Math.min(high, Math.max(low, value)) - low) / (high - low));
  const bar = (index, from, to) => {
    const top = Math.min(at(from), at(to));
    context.fillRect(index * step + gap / 2, top, step - gap, Math.max(1, Math.abs(at(from) - at(to))));
  };
  context.clearRect(0, 0, width, height);
  context.fillStyle = colors.band;
  mins.forEach((min, index) => bar(index, min, maxs[index]));
  for (let index = 0; code && index < mins.length; index++) {
    const unusual = code[index] < mins[index] || code[index] > maxs[index];
    context.fillStyle = unusual ? colors.odd : colors.bar;
    bar(index, 0, code[index]);
  }
  context.fillStyle = colors.line;
  context.fillRect(0, Math.round(at(0)), width, 1);
}
