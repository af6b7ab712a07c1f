// The nearest of many rows of numbers, by looking at all of them: exact, and fast enough for ten thousand codes.

/** So many numbers are looked at before a row that is already too far away is left. */
const BLOCK = 8;

/**
 * The rows nearest to `query`, nearest first, by Euclidean distance.
 * @param {Float32Array} rows one after the other
 * @param {number} width numbers in a row
 * @param {ArrayLike<number>} query
 * @param {number} count how many are wanted
 * @param {{skip?: number, among?: ArrayLike<number>}} [options] a row to leave out; the only rows to look at
 * @returns {{index: number, distance: number}[]}
 */
export function nearestRows(rows, width, query, count, { skip = -1, among = null } = {}) {
  const found = [];
  let limit = Infinity;
  const total = among ? among.length : rows.length / width;
  for (let k = 0; k < total; k++) {
    const row = among ? among[k] : k;
    if (row === skip) continue;
    const sum = squareWithin(rows, row * width, width, query, limit);
    if (sum < limit) limit = insert(found, row, sum, count);
  }
  return found.map(({ index, sum }) => ({ index, distance: Math.sqrt(sum) }));
}

/**
 * The images nearest to one, nearest first, by the Euclidean distance of their pixels, white counting as 1.
 * @param {Uint8Array} pixels 784 bytes an image
 * @param {Uint8Array} image
 * @param {number} count
 * @param {number} skip an image to leave out
 * @returns {{index: number, distance: number}[]}
 */
export function nearestImages(pixels, image, count, skip) {
  const found = [];
  let limit = Infinity;
  const width = image.length;
  for (let row = 0; row * width < pixels.length; row++) {
    if (row === skip) continue;
    const sum = squareOfBytes(pixels, row * width, width, image, limit);
    if (sum < limit) limit = insert(found, row, sum, count);
  }
  return found.map(({ index, sum }) => ({ index, distance: Math.sqrt(sum) / 255 }));
}

/** The squared distance, or something not below `limit` where it is not. */
function squareWithin(rows, start, width, query, limit) {
  let sum = 0;
  let i = 0;
  while (i < width) {
    for (const end = Math.min(width, i + BLOCK); i < end; i++) {
      const difference = rows[start + i] - query[i];
      sum += difference * difference;
    }
    if (sum >= limit) return sum;
  }
  return sum;
}

/** The same for bytes: a loop of its own, so that V8 compiles each for one kind of array. */
function squareOfBytes(rows, start, width, query, limit) {
  let sum = 0;
  let i = 0;
  while (i < width) {
    for (const end = Math.min(width, i + 8 * BLOCK); i < end; i++) {
      const difference = rows[start + i] - query[i];
      sum += difference * difference;
    }
    if (sum >= limit) return sum;
  }
  return sum;
}

/** Keeps `found` sorted and short; returns from where on a row is too far to enter. */
function insert(found, index, sum, count) {
  let place = found.length;
  while (place > 0 && found[place - 1].sum > sum) place--;
  found.splice(place, 0, { index, sum });
  if (found.length > count) found.pop();
  return found.length < count ? Infinity : found[count - 1].sum;
}
