// Where the classes of a map have their middle.

/**
 * @param {{xs: Float32Array, ys: Float32Array}} points
 * @param {Uint8Array} labels
 * @param {string[]} names
 * @returns {{label: number, name: string, x: number, y: number}[]} of each class that has points the median of both
 *   coordinates
 */
export function classMedians({ xs, ys }, labels, names) {
  const members = names.map(() => []);
  labels.forEach((label, i) => members[label].push(i));
  return members.flatMap((indices, label) => {
    return indices.length ? [{ label, name: names[label], x: median(xs, indices), y: median(ys, indices) }] : [];
  });
}

function median(values, indices) {
  const sorted = Float32Array.from(indices, (i) => values[i]).sort();
  return sorted[sorted.length >> 1];
}
