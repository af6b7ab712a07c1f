// Images and codes that the server has sent to this tab, for every component on every page: each is sent once and kept.

/** Ten thousand images with their codes take 10 to 20 MB, so only the latest few stay; seventy thousand, alone. */
const MOST = 3;
const MOST_BYTES = 100e6;

/**
 * @typedef {{name: string, count: number, latentDim: number, classNames: string[], usual: number,
 *   pixels: Uint8Array, codes: Float32Array, errors: Float32Array, labels: (Uint8Array|null)}} Collection
 *   pixels: 784 bytes an image; codes: latentDim numbers an image; usual: the distance from a code to its nearest other;
 *   labels: of each image a place in classNames
 */

const collections = new Map();
const coming = new Set();
const arrivals = new EventTarget();

/**
 * Whether a collection is here or on its way. If not, whoever asks is to bring it.
 * @param {string} name
 * @returns {boolean}
 */
export function isExpected(name) {
  const collection = collections.get(name);
  if (collection) {
    // Seen again, so it is the last to go.
    collections.delete(name);
    collections.set(name, collection);
  }
  if (collection || coming.has(name)) return true;
  coming.add(name);
  return false;
}

/** @param {Collection} collection */
export function keepCollection(collection) {
  coming.delete(collection.name);
  collections.set(collection.name, collection);
  while (collections.size > MOST || (collections.size > 1 && bytesOf(collections.values()) > MOST_BYTES)) {
    collections.delete(collections.keys().next().value);
  }
  arrivals.dispatchEvent(new Event(collection.name));
}

function bytesOf(held) {
  return [...held].reduce((sum, { pixels, codes }) => sum + pixels.byteLength + codes.byteLength, 0);
}

/**
 * It could not be read; it may be tried again.
 * @param {string} name
 */
export function giveUp(name) {
  coming.delete(name);
}

/**
 * Call `use` with the collection, now or when it comes.
 * @param {string} name
 * @param {function(Collection): void} use
 */
export function withCollection(name, use) {
  const collection = collections.get(name);
  if (collection) use(collection);
  else arrivals.addEventListener(name, () => use(collections.get(name)), { once: true });
}
