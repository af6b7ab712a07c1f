// Shows nothing: brings a network to the tab, so that what does show it need not be sent the weights again.

import { keepNetwork } from "../lib/network/networks.js";
import { floats, unpack } from "../lib/page/unpack.js";

/** Streamlit calls this when the network comes, and at each later run of the page with the same data. */
export default function ({ data }) {
  const { header, blob } = unpack(data);
  keepNetwork(header.model, { spec: header.network, weights: floats(blob("weights")).buffer });
  return () => {};
}
