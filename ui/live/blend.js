// From one picture to another: along the straight line between their codes, and for contrast between their pixels.

import { setText } from "./dom.js";
import { forward, parseNetwork } from "./forward.js";
import { withNetwork } from "./networks.js";
import { paintDigit } from "./pixels.js";
import { floats, unpack } from "./unpack.js";

const STATIONS = 11;

const blends = new WeakMap();

/** Streamlit calls this at first and again with other pictures or networks. */
export default function ({ data, parentElement }) {
  let blend = blends.get(parentElement);
  if (!blend) blends.set(parentElement, (blend = new Blend(parentElement.querySelector(".blend"))));
  blend.show(unpack(data));
  return () => {};
}

class Blend {
  constructor(root) {
    this.root = root;
    this.slider = root.querySelector("input");
    this.slider.oninput = () => this.move();
    this.paths = [];
  }

  show({ header, blob }) {
    this.a = floats(blob("a"));
    this.b = floats(blob("b"));
    const template = this.root.querySelector("template").content.firstElementChild;
    this.paths = [...header.codecs, { name: header.pixels, model: null }].map(({ name, model }) => {
      const path = { root: template.cloneNode(true), at: model ? null : (t) => mix(this.a, this.b, t) };
      setText(path.root.querySelector(".name"), name);
      path.strip = Array.from({ length: STATIONS }, (_, index) => this.makeStation(index));
      path.root.querySelector(".strip").append(...path.strip);
      if (model) withNetwork(model, (network) => this.take(path, network));
      return path;
    });
    this.root.querySelector(".paths").replaceChildren(...this.paths.map((path) => path.root));
    for (const path of this.paths) this.paint(path);
    this.move();
  }

  makeStation(index) {
    const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
    canvas.onclick = () => {
      this.slider.value = index / (STATIONS - 1);
      this.move();
    };
    return canvas;
  }

  take(path, { spec, weights }) {
    const { encoder, decoder } = parseNetwork(spec, weights);
    const [from, to] = [this.a, this.b].map((image) => forward(encoder, image).slice());
    path.at = (t) => forward(decoder, mix(from, to, t));
    this.paint(path);
    this.move();
  }

  paint(path) {
    if (!path.at) return;
    path.strip.forEach((canvas, index) => paintDigit(canvas, path.at(index / (STATIONS - 1)), 1));
  }

  move() {
    const t = Number(this.slider.value);
    this.slider.setAttribute("aria-valuetext", `${Math.round(100 * t)} % of the way from A to B`);
    for (const path of this.paths) {
      if (!path.at) continue;
      const now = path.root.querySelector(".now");
      paintDigit(now, path.at(t), 1);
      now.setAttribute("aria-label", `${path.root.querySelector(".name").textContent}, ${Math.round(100 * t)} % of the way`);
      path.strip.forEach((canvas, index) => {
        canvas.classList.toggle("here", Math.round(t * (STATIONS - 1)) === index);
      });
    }
  }
}

function mix(a, b, t) {
  return Float32Array.from(a, (value, index) => (1 - t) * value + t * b[index]);
}
