// A small picture of a whole network, for beside the form in which one chooses it.

import { Drawing, barsOf, parametersOf } from "../lib/network/network.js";
import { component } from "../lib/page/component.js";
import { setText, takeColors } from "../lib/page/dom.js";

const FILES = {
  page: "./picture.html",
  styles: ["../lib/page/base.css", "../lib/network/network.css", "./picture.css"],
};

const IMAGE_SIDE = 28;
const pictures = new WeakMap();

/** Streamlit calls this at first and again whenever layers or theme change; bars glide to their new sizes. */
export default await component(import.meta.url, FILES, ({ data, parentElement }) => {
  const root = parentElement.querySelector(".picture");
  let picture = pictures.get(parentElement);
  if (!picture) {
    picture = { network: new Drawing(root.querySelector(".net"), root.querySelector(".tip")), run: 0 };
    picture.observer = new ResizeObserver(() => draw(root, picture));
    pictures.set(parentElement, picture);
  }
  picture.data = data;
  const run = ++picture.run;
  takeColors(root);
  draw(root, picture);
  picture.observer.observe(root);
  return () => {
    if (run !== picture.run) return;
    picture.observer.disconnect();
    picture.network.stop();
  };
});

function draw(root, { network, data }) {
  const encoder = barsOf(data.encoder, "encoder");
  const decoder = barsOf(data.decoder, "decoder");
  encoder[encoder.length - 1].half = "code";
  const tile = { side: IMAGE_SIDE, thickness: 8, lines: ["28×28"], layer: null };
  const image = (key, half) => ({ ...tile, key, half: `${half} image` });
  const stations = [image("in", "encoder"), ...encoder, ...decoder, image("out", "decoder")];
  const svg = root.querySelector(".net");
  const height = svg.clientHeight;
  const scale = (height - 34) / Math.max(...stations.map((station) => station.side));
  network.draw(stations, { width: svg.clientWidth, height, scale, below: 0 });
  const [down, up] = [parametersOf(data.encoder), parametersOf(data.decoder)];
  const words = {
    ".down": `Encoder ${down.toLocaleString("en")}`,
    ".up": `Decoder ${up.toLocaleString("en")}`,
    ".total": `${(down + up).toLocaleString("en")} parameters`,
  };
  for (const [selector, text] of Object.entries(words)) setText(root.querySelector(selector), text);
  const sizes = stations.map((station) => station.lines.join("")).join(", ");
  svg.setAttribute("aria-label", `Layers of the network, left to right: ${sizes}`);
}
