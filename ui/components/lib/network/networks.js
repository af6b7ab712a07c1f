// Networks that the server has sent to this tab, for every component on every page: each is sent once and kept.

const MOST = 12;

/** Components are scripts of their own and share nothing but the page. */
const kept = (globalThis[Symbol.for("bottleneck.networks")] ??= { networks: new Map(), arrivals: new EventTarget() });

/**
 * @param {string} model its fingerprint
 * @param {{spec: object, weights: ArrayBuffer}} network as `parseNetwork` takes it
 */
export function keepNetwork(model, network) {
  kept.networks.delete(model);
  kept.networks.set(model, network);
  if (kept.networks.size > MOST) kept.networks.delete(kept.networks.keys().next().value);
  kept.arrivals.dispatchEvent(new Event(model));
}

/**
 * Call `use` with the network, now or when it comes.
 * @param {string} model
 * @param {function({spec: object, weights: ArrayBuffer}): void} use
 */
export function withNetwork(model, use) {
  const network = kept.networks.get(model);
  if (network) use(network);
  else kept.arrivals.addEventListener(model, () => use(kept.networks.get(model)), { once: true });
}
