// Networks that the server has sent to this tab, for every component on every page: each is sent once and kept.

const MOST = 12;

const networks = new Map();
const arrivals = new EventTarget();

/**
 * @param {string} model its fingerprint
 * @param {{spec: object, weights: ArrayBuffer}} network as `parseNetwork` takes it
 */
export function keepNetwork(model, network) {
  networks.delete(model);
  networks.set(model, network);
  if (networks.size > MOST) networks.delete(networks.keys().next().value);
  arrivals.dispatchEvent(new Event(model));
}

/**
 * Call `use` with the network, now or when it comes.
 * @param {string} model
 * @param {function({spec: object, weights: ArrayBuffer}): void} use
 */
export function withNetwork(model, use) {
  const network = networks.get(model);
  if (network) use(network);
  else arrivals.addEventListener(model, () => use(networks.get(model)), { once: true });
}
