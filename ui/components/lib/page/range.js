const MARGIN = 0.12;

/**
 * How far each dimension of a code may go: what real codes (flat) do, and a margin, so that one can leave the familiar.
 * @param {Float32Array} codes
 * @param {number} latentDim
 * @returns {{low: number, high: number, mins: Float32Array, maxs: Float32Array, spread: Float32Array}} the whole
 *   drawing's ends, each dimension's smallest and largest value, and its standard deviation
 */
export function rangeOf(codes, latentDim) {
  const mins = new Float32Array(latentDim).fill(Infinity);
  const maxs = new Float32Array(latentDim).fill(-Infinity);
  const sums = new Float64Array(latentDim);
  const squares = new Float64Array(latentDim);
  const count = codes.length / latentDim;
  codes.forEach((value, i) => {
    const dim = i % latentDim;
    mins[dim] = Math.min(mins[dim], value);
    maxs[dim] = Math.max(maxs[dim], value);
    sums[dim] += value;
    squares[dim] += value * value;
  });
  const spread = Float32Array.from(sums, (sum, dim) => {
    return Math.sqrt(Math.max(0, squares[dim] / count - (sum / count) ** 2));
  });
  const lowest = Math.min(0, ...mins);
  const highest = Math.max(0, ...maxs);
  const margin = MARGIN * (highest - lowest || 1);
  // A ReLU's code is never negative: below zero there is only room to see that a bar starts there.
  return { low: lowest < 0 ? lowest - margin : -margin / 3, high: highest + margin, mins, maxs, spread };
}
