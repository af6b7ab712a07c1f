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

/** Components are scripts of their own and share nothing but the page. */
const kept = (globalThis[Symbol.for("bottleneck.collections")] ??= {
  collections: new Map(),
  coming: new Set(),
  arrivals: new EventTarget(),
});

/**
 * Whether a collection is here or on its way. If not, whoever asks is to bring it.
 * @param {string} name
 * @returns {boolean}
 */
export function isExpected(name) {
  const collection = kept.collections.get(name);
  if (collection) {
    // Seen again, so it is the last to go.
    kept.collections.delete(name);
    kept.collections.set(name, collection);
  }
  if (collection || kept.coming.has(name)) return true;
  kept.coming.add(name);
  return false;
}

/** @param {Collection} collection */
export function keepCollection(collection) {
  kept.coming.delete(collection.name);
  kept.collections.delete(collection.name);
  kept.collections.set(collection.name, collection);
  const { collections } = kept;
  while (collections.size > MOST || (collections.size > 1 && bytesOf(collections.values()) > MOST_BYTES)) {
    collections.delete(collections.keys().next().value);
  }
  kept.arrivals.dispatchEvent(new Event(collection.name));
}

function bytesOf(collections) {
  return [...collections].reduce((sum, { pixels, codes }) => sum + pixels.byteLength + codes.byteLength, 0);
}

/**
 * It could not be read; it may be tried again.
 * @param {string} name
 */
export function giveUp(name) {
  kept.coming.delete(name);
}

/**
 * Call `use` with the collection, now or when it comes.
 * @param {string} name
 * @param {function(Collection): void} use
 */
export function withCollection(name, use) {
  const collection = kept.collections.get(name);
  if (collection) use(collection);
  else kept.arrivals.addEventListener(name, () => use(kept.collections.get(name)), { once: true });
}
