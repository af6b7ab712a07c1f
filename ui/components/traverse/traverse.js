// A code in the visitor's hand. The large picture follows every move of a slider; under each slider a strip shows what
// its dimension does to this very code, from the low end of what the data has to the high one.

import { forward, parseNetwork } from "../lib/network/forward.js";
import { withNetwork } from "../lib/network/networks.js";
import { component } from "../lib/page/component.js";
import { make, setText } from "../lib/page/dom.js";
import { glide } from "../lib/page/motion.js";
import { floats, unpack } from "../lib/page/unpack.js";
import { paintDigit } from "../lib/paint/pixels.js";
import { Sweep } from "./idle_decoding.js";

const FILES = { page: "./traverse.html", styles: ["../lib/page/base.css", "../lib/page/parts.css", "./traverse.css"] };

const STATIONS = 9;
/** How many dimensions are shown before one asks for all. */
const FIRST = 12;
const GLIDE_MS = 350;
const NOTHING = new Float32Array(28 * 28);

const traverses = new WeakMap();

/** Streamlit calls this at first and again with other codes or another network; the code in hand stays. */
export default await component(import.meta.url, FILES, ({ data, parentElement }) => {
  let traverse = traverses.get(parentElement);
  if (!traverse) traverses.set(parentElement, (traverse = new Traverse(parentElement.querySelector(".traverse"))));
  const run = traverse.start();
  traverse.show(unpack(data));
  return () => traverse.stop(run);
});

class Traverse {
  constructor(root) {
    Object.assign(this, { root, run: 0, shown: "", decoder: null, rows: [], digit: -1, arriving: false, stopGlide: () => {} });
    this.sweep = new Sweep(() => (this.root.dataset.strips = "done"));
    // A strip that is not in sight is decoded when it comes into sight.
    this.observer = new IntersectionObserver((entries) => this.onSight(entries), { rootMargin: "120px" });
    this.find(".mean").onclick = () => this.take(this.mean, "the mean code");
    this.find(".digit").onclick = () => this.takeDigit();
    this.find(".random").onclick = () => this.take(this.drawn(), "a random code");
    this.find(".reset").onclick = () => this.take(this.begun, this.name);
    this.find(".more").onclick = () => this.showAll(this.rows.some(({ root }) => root.hidden));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  start() {
    for (const { root } of this.rows) this.observer.observe(root);
    return ++this.run;
  }

  /** Streamlit may end an older run after a newer one began; only the newest may stop it. */
  stop(run) {
    if (run !== this.run) return;
    this.stopGlide();
    this.sweep.stop();
    this.observer.disconnect();
  }

  show({ header, blob }) {
    if (header.space === this.shown) return;
    this.stopGlide();
    this.sweep.stop();
    Object.assign(this, { header, shown: header.space, decoder: null, digit: -1 });
    for (const name of ["mean", "std", "values", "codes"]) this[name] = floats(blob(name));
    this.latentDim = this.mean.length;
    this.root.dataset.state = "waiting";
    this.begun = this.mean;
    this.code = this.mean.slice();
    this.name = "the mean code";
    this.makeRows();
    withNetwork(header.model, ({ spec, weights }) => {
      if (header.space !== this.shown) return;
      this.decoder = parseNetwork(spec, weights).decoder;
      this.root.dataset.state = "ready";
      this.refresh();
    });
  }

  makeRows() {
    const template = this.find("template").content.firstElementChild;
    this.observer.disconnect();
    this.rows = this.header.order.map((dim) => this.makeRow(dim, template.cloneNode(true)));
    this.find(".dims").replaceChildren(...this.rows.map((row) => row.root));
    for (const { root } of this.rows) this.observer.observe(root);
    this.showAll(false);
  }

  makeRow(dim, root) {
    const part = (selector) => root.querySelector(selector);
    const low = this.values[dim];
    const high = this.values[this.values.length - this.latentDim + dim];
    const row = { dim, root, low, high, isSeen: false, isStale: true, slider: part("input"), value: part(".value") };
    const name = `Dimension ${dim + 1}`;
    setText(part(".name"), name);
    root.setAttribute("aria-label", name);
    root.dataset.unused = this.header.unused[dim];
    const spread = `± ${this.std[dim].toPrecision(2)}`;
    setText(part(".spread"), this.header.unused[dim] ? `unused (${spread})` : spread);
    Object.assign(row.slider, { min: low, max: high, step: "any", disabled: !(high > low) });
    row.slider.setAttribute("aria-label", name);
    row.slider.oninput = () => this.set(row, Number(row.slider.value));
    row.slider.onkeydown = (event) => this.onKey(event, row);
    row.stations = high > low ? Array.from({ length: STATIONS }, (_, index) => this.makeStation(row, index)) : [];
    part(".strip").append(...row.stations.map((station) => station.canvas));
    return row;
  }

  makeStation(row, index) {
    const canvas = Object.assign(make("canvas", "station"), { width: 28, height: 28 });
    const share = index / (STATIONS - 1);
    const value = (1 - share) * row.low + share * row.high;
    canvas.onclick = () => this.set(row, value);
    return { canvas, value };
  }

  showAll(all) {
    const more = this.rows.length > FIRST + 1;
    this.rows.forEach(({ root }, rank) => (root.hidden = more && !all && rank >= FIRST));
    const unused = this.header.unused.filter(Boolean).length;
    const rest = unused ? `, ${unused} unused` : "";
    this.find(".more").hidden = !more;
    setText(this.find(".more"), all ? `Show the first ${FIRST}` : `Show all ${this.rows.length} dimensions${rest}`);
    setText(this.find(".note"), noteOf(this.rows.length, unused));
    this.refresh();
  }

  /** Take a whole code into the hand. */
  take(code, name) {
    this.stopGlide();
    Object.assign(this, { begun: Float32Array.from(code), name });
    const from = this.code.slice();
    const { begun } = this;
    this.stopGlide = glide(GLIDE_MS, (t) => {
      this.arriving = t < 1;
      for (let dim = 0; dim < from.length; dim++) this.code[dim] = t === 1 ? begun[dim] : from[dim] + (begun[dim] - from[dim]) * t;
      this.refresh();
    });
  }

  takeDigit() {
    const { names } = this.header;
    this.digit = (this.digit + 1) % names.length;
    this.take(this.codes.subarray(this.digit * this.latentDim, (this.digit + 1) * this.latentDim), names[this.digit]);
  }

  /** Each dimension by itself gets a value that some image has: what is lost is how they go together. */
  drawn() {
    const count = this.values.length / this.latentDim;
    return this.mean.map((_, dim) => this.values[Math.floor(Math.random() * count) * this.latentDim + dim]);
  }

  /** The visitor sets one dimension. */
  set(row, value) {
    this.stopGlide();
    this.arriving = false;
    this.code[row.dim] = value;
    this.showRow(row);
    this.showPicture();
    // Its own strip stays: that holds the others, which have not changed.
    for (const other of this.rows) other.isStale ||= other !== row;
    this.sweepStrips();
  }

  onKey(event, row) {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    // From a value outside of what is usual the first press leads to the nearest end.
    const value = this.code[row.dim] + (steps[event.key] * (row.high - row.low)) / 40;
    this.set(row, Math.min(row.high, Math.max(row.low, value)));
  }

  /** Show a code that has changed as a whole. */
  refresh() {
    for (const row of this.rows) {
      row.isStale = true;
      this.showRow(row);
    }
    this.showPicture();
    this.sweepStrips();
  }

  showRow({ root, dim, slider, value, stations }) {
    if (root.hidden) return;
    slider.value = this.code[dim];
    setText(value, this.code[dim].toFixed(2).replace("-", "−"));
    const place = (this.code[dim] - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
    const here = Math.round(Math.min(1, Math.max(0, place)) * (STATIONS - 1));
    stations.forEach(({ canvas }, index) => canvas.classList.toggle("here", index === here));
    slider.setAttribute("aria-valuetext", value.textContent);
  }

  showPicture() {
    const canvas = this.find(".picture");
    paintDigit(canvas, this.decoder ? forward(this.decoder, this.code) : NOTHING, 1);
    const changed = this.arriving ? [] : this.header.order.filter((dim) => this.code[dim] !== this.begun[dim]);
    const words = wordsOf(this.name, changed);
    setText(this.find(".from"), words);
    canvas.setAttribute("aria-label", `What the decoder makes of this code. ${words}`);
    this.find(".reset").disabled = changed.length === 0;
  }

  onSight(entries) {
    for (const { target, isIntersecting } of entries) {
      const row = this.rows.find(({ root }) => root === target);
      if (row) row.isSeen = isIntersecting;
    }
    this.sweepStrips();
  }

  sweepStrips() {
    if (!this.decoder) return;
    delete this.root.dataset.strips;
    const code = this.code.slice();
    const jobs = this.rows.filter((row) => row.isSeen && row.isStale).flatMap((row) => {
      return row.stations.map(({ canvas, value }, index) => () => {
        const held = code[row.dim];
        code[row.dim] = value;
        paintDigit(canvas, forward(this.decoder, code), 1);
        code[row.dim] = held;
        if (index === STATIONS - 1) row.isStale = false;
      });
    });
    this.sweep.begin(jobs);
  }
}

function noteOf(count, unused) {
  const first = "Each slider goes from the 0.5th to the 99.5th percentile of what held-out images have there.";
  const order = count > 1 ? " Dimensions in which they differ most come first (±: standard deviation)." : "";
  const rest = unused ? " Unused: the standard deviation is below 1 % of the largest." : "";
  return first + order + rest;
}

function wordsOf(name, changed) {
  const from = `From ${name}`;
  if (!changed.length) return from;
  const numbers = changed.map((dim) => dim + 1).sort((a, b) => a - b);
  if (numbers.length > 3) return `${from}, with ${numbers.length} dimensions changed`;
  return `${from}, with dimension${numbers.length > 1 ? "s" : ""} ${numbers.join(", ")} changed`;
}
