// From one picture to another: along the straight line between their codes, and for contrast between their pixels.

import { forward, parseNetwork } from "../lib/network/forward.js";
import { withNetwork } from "../lib/network/networks.js";
import { component } from "../lib/page/component.js";
import { setText } from "../lib/page/dom.js";
import { calm, play } from "../lib/page/motion.js";
import { floats, unpack } from "../lib/page/unpack.js";
import { paintDigit } from "../lib/paint/pixels.js";
import { lerp, slerp } from "./ways.js";

const FILES = { page: "./blend.html", styles: ["../lib/page/base.css", "../lib/page/parts.css", "./blend.css"] };

const STATIONS = 11;
/** From A to B when it plays, in milliseconds. */
const DURATION = 4000;

const blends = new WeakMap();

/** Streamlit calls this at first and again with other pictures or networks. */
export default await component(import.meta.url, FILES, ({ data, parentElement }) => {
  let blend = blends.get(parentElement);
  if (!blend) blends.set(parentElement, (blend = new Blend(parentElement.querySelector(".blend"))));
  const run = blend.start();
  blend.show(unpack(data));
  return () => blend.stop(run);
});

class Blend {
  constructor(root) {
    Object.assign(this, { root, run: 0, paths: [], playing: null, shown: "" });
    this.slider = root.querySelector("input");
    this.slider.oninput = () => {
      this.halt();
      this.move();
    };
    this.button = root.querySelector(".play");
    this.button.onclick = () => (this.playing ? this.halt() : this.play());
  }

  start() {
    return ++this.run;
  }

  /** Streamlit may end an older run after a newer one began; only the newest may stop what plays. */
  stop(run) {
    if (run === this.run) this.halt();
  }

  show({ header, blob }) {
    // Other widgets of the page were moved: what plays goes on.
    if (header.journey === this.shown) return;
    this.shown = header.journey;
    this.halt();
    this.a = floats(blob("a"));
    this.b = floats(blob("b"));
    for (const end of ["a", "b"]) paintDigit(this.root.querySelector(`.end .${end}`), this[end], 1);
    const template = this.root.querySelector("template").content.firstElementChild;
    this.paths = [...header.codecs, { name: header.pixels, model: null }].map(({ name, model, arc }) => {
      const path = { root: template.cloneNode(true), way: arc ? slerp : lerp, at: model ? null : (t) => lerp(this.a, this.b, t) };
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
      this.halt();
      this.slider.value = index / (STATIONS - 1);
      this.move();
    };
    return canvas;
  }

  take(path, { spec, weights }) {
    const { encoder, decoder } = parseNetwork(spec, weights);
    const [from, to] = [this.a, this.b].map((image) => forward(encoder, image).slice());
    path.at = (t) => forward(decoder, path.way(from, to, t));
    this.paint(path);
    this.move();
  }

  paint(path) {
    if (!path.at) return;
    path.strip.forEach((canvas, index) => paintDigit(canvas, path.at(index / (STATIONS - 1)), 1));
  }

  /** There and back again, until it is stopped. For visitors who want less motion it goes in few steps. */
  play() {
    const begin = Number(this.slider.value);
    let time = begin < 1 ? begin : 0;
    this.playing = play(DURATION, (share) => {
      time = (time + share) % 2;
      const t = time > 1 ? 2 - time : time;
      const value = calm() ? Math.round(t * (STATIONS - 1)) / (STATIONS - 1) : t;
      if (Math.abs(value - this.slider.value) > 0.001) {
        this.slider.value = value;
        this.move();
      }
      return true;
    });
    this.showButton();
  }

  halt() {
    this.playing?.();
    this.playing = null;
    this.showButton();
  }

  showButton() {
    setText(this.button, this.playing ? "Pause" : "Play");
    this.root.toggleAttribute("data-playing", this.playing !== null);
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
