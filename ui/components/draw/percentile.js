/**
 * How many per cent of errors are below this one.
 * @param {number} error
 * @param {Float32Array} percentiles the 0th, 1st, ... 100th of those errors, rising
 * @returns {number} 0 to 100
 */
export function percentileOf(error, percentiles) {
  const last = percentiles.length - 1;
  if (!(error > percentiles[0])) return 0;
  if (error >= percentiles[last]) return 100;
  let below = 0;
  while (percentiles[below + 1] <= error) below++;
  const step = percentiles[below + 1] - percentiles[below];
  return (100 * (below + (error - percentiles[below]) / step)) / last;
}

/**
 * The same in words. It says how well a picture is rebuilt, which is not how strange it is: a dot is easily rebuilt.
 * @param {number} percentile
 * @returns {string}
 */
export function rankOf(percentile) {
  if (percentile >= 100) return "rebuilt worse than any test image";
  if (percentile <= 0) return "rebuilt better than any test image";
  return `rebuilt worse than ${Math.min(99, Math.max(1, Math.round(percentile)))} % of test images`;
}
