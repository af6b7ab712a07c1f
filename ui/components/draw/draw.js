// The figure of the Draw page: what is on the canvas, as the networks see it and as they give it back, at every frame
// of a stroke. The server only hears of a picture when it is finished, and then computes the same.

import { forward, parseNetwork } from "../lib/network/forward.js";
import { Drawing, barsOf } from "../lib/network/network.js";
import { withNetwork } from "../lib/network/networks.js";
import { CanvasReader, containerOf } from "../lib/page/canvas.js";
import { component } from "../lib/page/component.js";
import { make, setText, takeColors } from "../lib/page/dom.js";
import { floats, unpack } from "../lib/page/unpack.js";
import { paintBars } from "../lib/paint/bars.js";
import { PIXELS, SIDE, meanSquaredError, paintDigit, paintError } from "../lib/paint/pixels.js";
import { digitFromCanvas } from "./drawing.js";
import { Guess } from "./guess.js";
import { percentileOf, rankOf } from "./percentile.js";
import { isSpoiled, spoil } from "./spoiling.js";

const FILES = {
  page: "./draw.html",
  styles: ["../lib/page/base.css", "../lib/page/parts.css", "../lib/network/network.css", "./guess.css", "./draw.css"],
};

/** After a stroke or a press the canvas may still change, when it loads an older drawing for instance. */
const LINGER_MS = 700;
/** So many frames after a stroke the canvas is not looked at: it empties one layer before it has painted the other. */
const FRAMES_BETWEEN_LAYERS = 2;
/** By how much the server's results may differ from ours. */
const TOLERANCE = 1e-3;
/** How long the server may take before a difference between its picture and ours counts. */
const PATIENCE_MS = 2500;
/** How far, in pixels, a layer's label may stand out below the drawing. */
const BELOW = 14;
/** From this width of the window on, in pixels, there is room for the sliders beside the canvas. */
const WIDE = 1100;
/** The large picture beside the figure where there is no canvas: the board's CSS names its place. */
const BOARD = ".st-key-board_canvas";
const PICTURE = `${BOARD} img`;
/** What a benchmark observes: from the canvas's pixels to the painted reconstructions. */
const UPDATE = "bottleneck-update";

const SLIDERS = [
  ["thicken", "Thicken", -1, 2, 0.25, " px"],
  ["rotate", "Rotate", -180, 180, 5, "°"],
  ["shift_x", "Shift right", -14, 14, 1, " px"],
  ["shift_y", "Shift down", -14, 14, 1, " px"],
  ["patch", "Erase a patch", 0, 20, 1, " px"],
  ["noise", "Noise", 0, 1, 0.05, ""],
];
const UNSPOILED = { noise: 0, patch: 0, patch_x: 13.5, patch_y: 13.5, rotate: 0, shift_x: 0, shift_y: 0, thicken: 0 };

const figures = new WeakMap();

/** Streamlit calls this at first and again whenever data or theme change; the figure stays and takes what is new. */
export default await component(import.meta.url, FILES, ({ data, parentElement, setStateValue }) => {
  let figure = figures.get(parentElement);
  if (!figure) figures.set(parentElement, (figure = new Figure(parentElement.querySelector(".draw"))));
  figure.tell = (settings) => setStateValue("settings", settings);
  const run = figure.start();
  figure.show(unpack(data));
  return () => figure.stop(run);
});

class Figure {
  constructor(root) {
    Object.assign(this, { root, run: 0, frame: 0, until: 0, pressed: false, codecs: [], shown: "", settings: null });
    Object.assign(this, { clean: null, result: null, readable: true, changed: 0, timer: 0, skip: 0 });
    this.observer = new ResizeObserver(() => this.fit());
    this.tick = this.tick.bind(this);
    this.listeners = [
      ["pointerdown", (event) => this.onPress(event)],
      ["pointerup", () => this.onRelease()],
      ["pointercancel", () => this.onRelease()],
      ["keydown", () => this.wake()],
      ["dragstart", (event) => this.settings?.spoil.patch && event.target.matches?.(PICTURE) && event.preventDefault()],
    ];
    this.makeSettings();
    this.find(".spoil").open = window.innerWidth > WIDE;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  start() {
    for (const [name, listener] of this.listeners) window.addEventListener(name, listener, true);
    this.observer.observe(this.root);
    return ++this.run;
  }

  /** Streamlit may end an older run after a newer one began; only the newest may stop the figure. */
  stop(run) {
    if (run !== this.run) return;
    for (const [name, listener] of this.listeners) window.removeEventListener(name, listener, true);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = 0;
  }

  show({ header, blob }) {
    this.header = header;
    // Settings that come from an address go before those that were made here.
    if (header.given !== this.given) this.settings = null;
    this.given = header.given;
    this.settings ??= { centre: header.settings.centre, spoil: { ...UNSPOILED, ...header.settings.spoil } };
    this.noise = floats(blob("noise"));
    this.picture = floats(blob("picture"));
    this.result = header.checked ? resultOf(blob, header.codecs.length) : null;
    if (this.reader?.key !== header.canvas) this.reader = header.canvas ? new CanvasReader(header.canvas) : null;
    this.takeColors();
    const shown = JSON.stringify(header.codecs);
    if (shown !== this.shown) this.makeCodecs(blob);
    this.shown = shown;
    this.showSettings();
    this.fit();
    this.clean = null;
    this.wake();
    this.update();
    this.check();
  }

  takeColors() {
    this.colors = takeColors(this.root);
    const style = getComputedStyle(this.root);
    const color = (name) => style.getPropertyValue(name).trim();
    this.barColors = {
      bar: color("--st-primary-color"), odd: color("--st-red-color"), band: color("--band"), line: color("--muted"),
    };
  }

  makeCodecs(blob) {
    const template = this.find("template").content.firstElementChild;
    const tip = this.find(".tip");
    this.codecs = this.header.codecs.map((header, index) => {
      const root = template.cloneNode(true);
      const part = (selector) => root.querySelector(selector);
      const codec = { root, part, header, layers: null };
      codec.percentiles = floats(blob(`percentiles${index}`));
      codec.range = rangeOf(floats(blob(`range${index}`)), header.latentDim);
      codec.encoderNet = new Drawing(part(".net.at-encoder"), tip);
      codec.decoderNet = new Drawing(part(".net.at-decoder"), tip);
      setText(part(".name"), header.name);
      setText(part(".numbers"), header.latentDim === 1 ? "1 number" : `${header.latentDim} numbers`);
      part(".at-seen.digit").onpointerdown = (event) => this.onPatch(event);
      codec.guess = new Guess(part(".guess"), header.guess, () => this.repaint());
      withNetwork(header.model, ({ spec, weights }) => {
        codec.layers = parseNetwork(spec, weights);
        this.clean = null;
        this.update();
      });
      return codec;
    });
    this.find(".codecs").replaceChildren(...this.codecs.map((codec) => codec.root));
    this.root.dataset.count = this.codecs.length;
  }

  /** Draw both halves as wide as their boxes are now, and the bars as fine as the screen is. */
  fit() {
    for (const { header, part, encoderNet, decoderNet } of this.codecs) {
      const image = part(".digit").clientHeight;
      const height = part(".net").clientHeight;
      const encoder = barsOf(header.encoder, "encoder");
      const decoder = barsOf(header.decoder, "decoder");
      // The bar chart between the halves stands for the code; each half ends in the thin layer that holds it.
      const code = { ...encoder.pop(), half: "code", lines: [] };
      const scale = Math.min(image / SIDE, height / Math.max(...[...encoder, code, ...decoder].map((bar) => bar.side)));
      const nothing = { side: 0, thickness: 0, lines: [], layer: null };
      const edge = (key, half, high, fan = false) => ({ ...nothing, key, half, height: high, fan });
      const chart = part(".values").clientHeight;
      const box = (net) => ({ width: part(`.net.${net}`).clientWidth, height, scale, below: BELOW });
      encoderNet.draw([edge("in", "encoder", image), ...encoder, code, edge("out", "encoder", chart, true)], box("at-encoder"));
      const copy = { ...code, key: "copy", layer: null };
      decoderNet.draw([edge("in", "decoder", chart, true), copy, ...decoder, edge("out", "decoder", image)], box("at-decoder"));
      sharpen(part(".values"));
    }
    this.repaint();
  }

  /** Look at the canvas in every frame for a while. */
  wake() {
    this.until = performance.now() + LINGER_MS;
    if (!this.frame) this.frame = requestAnimationFrame(this.tick);
  }

  tick(now) {
    if (this.skip > 0) this.skip--;
    else this.update();
    this.frame = this.pressed || now < this.until ? requestAnimationFrame(this.tick) : 0;
  }

  onPress(event) {
    const container = this.header.canvas && containerOf(this.header.canvas);
    this.pressed = Boolean(container?.contains(event.target));
    if (!container && event.target.matches?.(PICTURE)) this.onPatch(event);
    // Other presses count too: the buttons below the canvas change it.
    this.wake();
  }

  onRelease() {
    if (this.pressed) this.skip = FRAMES_BETWEEN_LAYERS;
    this.pressed = false;
    this.wake();
  }

  /** Where a finger is on a picture, there lies the patch, until the finger is lifted. */
  onPatch(event) {
    if (!this.settings.spoil.patch || event.button !== 0) return;
    event.preventDefault();
    const box = event.target.getBoundingClientRect();
    // To a hundredth of a pixel, so that it is short in an address.
    const place = (share) => Math.round(100 * Math.min(27, Math.max(0, share * SIDE - 0.5))) / 100;
    const move = ({ clientX, clientY }) => {
      this.settings.spoil.patch_x = place((clientX - box.left) / box.width);
      this.settings.spoil.patch_y = place((clientY - box.top) / box.height);
      this.repaint();
    };
    move(event);
    const lifted = new AbortController();
    const end = () => {
      lifted.abort();
      this.tellSettings();
    };
    for (const [name, listener] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) {
      window.addEventListener(name, listener, { signal: lifted.signal });
    }
  }

  /** Show what is on the canvas now, if it is something else than before. */
  update() {
    const begun = performance.now();
    const clean = this.read();
    if (!clean || (this.clean && same(clean, this.clean))) return;
    this.clean = clean;
    this.changed = begun;
    this.repaint();
    performance.measure(UPDATE, { start: begun, end: performance.now() });
    performance.clearMeasures(UPDATE);
    this.check();
  }

  /** The picture before it is spoiled, 784 numbers. */
  read() {
    if (!this.reader) return this.picture;
    if (this.readable) {
      try {
        const canvas = this.reader.read();
        return canvas && this.digitOf(canvas);
      } catch (error) {
        // Some browsers do not let a page read a canvas back, since that can tell one computer from another.
        console.warn("The canvas cannot be read in this browser.", error);
        this.readable = false;
      }
    }
    return this.result?.clean ?? null;
  }

  /** The digit on a canvas; looked for once, as long as neither the canvas nor the setting changes. */
  digitOf(canvas) {
    const { centre } = this.settings;
    if (this.found?.canvas !== canvas || this.found.centre !== centre) {
      this.found = { canvas, centre, digit: digitFromCanvas(canvas.rgba, canvas.width, canvas.height, centre) };
    }
    return this.found.digit;
  }

  repaint() {
    if (!this.clean) return;
    const { spoil: how } = this.settings;
    const spoiled = isSpoiled(how);
    this.seen = spoiled ? spoil(this.clean, how, this.noise) : this.clean;
    const empty = this.seen.every((value) => value === 0);
    this.root.dataset.state = empty ? "empty" : "ready";
    for (const [index, codec] of this.codecs.entries()) {
      const made = this.reconstruct(codec, index);
      this.paint(codec, empty ? null : made, spoiled);
    }
    this.showWords();
  }

  /** Code and reconstruction by our own forward pass, or, where that cannot be, by the server. */
  reconstruct(codec, index) {
    if (!codec.layers || !this.readable) return this.result?.made[index] ?? null;
    const code = forward(codec.layers.encoder, this.seen);
    return { code, image: forward(codec.layers.decoder, code) };
  }

  paint(codec, made, spoiled) {
    const { part, range, percentiles } = codec;
    const image = made?.image ?? new Float32Array(PIXELS);
    paintDigit(part(".at-seen.digit"), this.seen, 1);
    paintDigit(part(".at-reconstruction.digit"), image, 1);
    paintBars(part(".values"), made?.code ?? null, range, this.barColors);
    codec.guess.show(made?.code ?? null);
    paintError(part(".map"), made ? this.seen : image, image, this.colors);
    const error = made ? meanSquaredError(this.seen, image) : NaN;
    const words = made ? error.toFixed(4) : "–";
    setText(part(".mse"), words);
    setText(part(".rank"), made ? rankOf(percentileOf(error, percentiles)) : "");
    setText(part(".unusual"), made ? unusualIn(made.code, range) : "");
    setText(part(".clean"), made && spoiled ? `to the unspoiled: ${meanSquaredError(this.clean, image).toFixed(4)}` : "");
    if (part(".map").ariaLabel !== words) describe(part, words, made);
  }

  showWords() {
    const { state } = this.root.dataset;
    const empty = this.header.canvas ? "Draw a digit, or anything else. All this follows your hand." : "No picture yet.";
    const after = "This browser does not let us read the canvas while you draw, so this follows after each stroke.";
    setText(this.find(".words"), this.readable ? (state === "empty" ? empty : "") : after);
  }

  /** Compare with what the server made of the same picture. */
  check() {
    clearTimeout(this.timer);
    const { result } = this;
    const state = !result || !this.seen ? "none" : this.agreement();
    this.root.dataset.check = state;
    if (state === "differs") this.timer = setTimeout(() => this.distrust(), PATIENCE_MS);
    const place = this.find(".check");
    setText(place, state === "agrees" ? "Checked: the server has computed the same." : " ");
    place.title = state === "agrees" ? `No pixel differs by more than ${this.difference.toExponential(0)}; LiteRT computes there.` : "";
  }

  agreement() {
    const { result } = this;
    if (!this.readable) return "server";
    if (largestDifference(result.seen, this.seen) > TOLERANCE) return "differs";
    const differences = this.codecs.map((codec, index) => {
      if (!codec.layers) return 0;
      const image = forward(codec.layers.decoder, forward(codec.layers.encoder, this.seen));
      return largestDifference(image, result.made[index].image);
    });
    this.difference = Math.max(...differences);
    return this.difference <= TOLERANCE ? "agrees" : "differs";
  }

  /** The server has had its time, nobody draws, and its picture is still another: then ours is the wrong one. */
  distrust() {
    if (this.pressed || !this.result || performance.now() - this.changed < PATIENCE_MS) return;
    this.readable = false;
    this.clean = this.result.clean;
    this.repaint();
    this.check();
  }

  makeSettings() {
    this.sliders = SLIDERS.map(([name, label, min, max, step, unit]) => {
      const row = make("label", "slider");
      const input = Object.assign(document.createElement("input"), { type: "range", className: "wide", min, max, step });
      const value = make("output", "value");
      row.append(Object.assign(make("span", "what"), { textContent: label }), input, value);
      input.oninput = () => {
        this.settings.spoil[name] = Number(input.value);
        this.showSettings();
        this.repaint();
      };
      input.onchange = () => this.tellSettings();
      return { name, input, value, unit };
    });
    this.find(".sliders").append(...this.sliders.map(({ input }) => input.parentElement));
    this.find(".centre").onchange = (event) => {
      this.settings.centre = event.target.checked;
      this.update();
      this.tellSettings();
    };
    this.find(".unspoil").onclick = () => {
      Object.assign(this.settings.spoil, UNSPOILED);
      this.showSettings();
      this.repaint();
      this.tellSettings();
    };
  }

  showSettings() {
    const { centre, spoil: how } = this.settings;
    this.find(".centre").checked = centre;
    this.find(".switch").hidden = !this.header.canvas;
    this.find(".unspoil").disabled = !isSpoiled(how);
    for (const { name, input, value, unit } of this.sliders) {
      input.value = how[name];
      setText(value, `${how[name]}${unit}`);
    }
    if (isSpoiled(how)) this.find(".spoil").open = true;
    this.showPatch(how.patch > 0);
  }

  /** Where one can press to move the patch, in words and by the cursor. */
  showPatch(erased) {
    this.root.toggleAttribute("data-patch", erased);
    const places = this.header.canvas ? "What it sees" : "the digit, or on What it sees";
    setText(this.find(".where"), `The patch lies where you press on ${places}.`);
    // Not on the picture itself, which is another one after each look of the server; the board's CSS does the rest.
    document.querySelector(BOARD)?.toggleAttribute("data-patch", erased && !this.header.canvas);
  }

  tellSettings() {
    this.check();
    this.tell({ centre: this.settings.centre, spoil: { ...this.settings.spoil } });
  }
}

function resultOf(blob, count) {
  const made = Array.from({ length: count }, (_, index) => {
    return { code: floats(blob(`code${index}`)), image: floats(blob(`image${index}`)) };
  });
  return { clean: floats(blob("clean")), seen: floats(blob("seen")), made };
}

/** The usual range of each dimension, and a little more for the whole drawing, so that one can leave the familiar. */
function rangeOf(limits, latentDim) {
  const mins = limits.subarray(0, latentDim);
  const maxs = limits.subarray(latentDim);
  const lowest = Math.min(0, ...mins);
  const highest = Math.max(0, ...maxs);
  const margin = 0.25 * (highest - lowest || 1);
  return { mins, maxs, low: lowest < 0 ? lowest - margin : -margin / 5, high: highest + margin };
}

/** How many numbers of a code are beyond what is usual for them. */
function unusualIn(code, { mins, maxs }) {
  let count = 0;
  for (let i = 0; i < code.length; i++) if (code[i] < mins[i] || code[i] > maxs[i]) count++;
  return count ? `${count} of ${code.length} number${code.length > 1 ? "s" : ""} of the code unusual` : "";
}

/** As many pixels as the screen has there. */
function sharpen(canvas) {
  const fine = window.devicePixelRatio || 1;
  const size = { width: Math.round(canvas.clientWidth * fine), height: Math.round(canvas.clientHeight * fine) };
  if (size.width && (canvas.width !== size.width || canvas.height !== size.height)) Object.assign(canvas, size);
}

function describe(part, error, made) {
  const of = made ? `; mean squared error ${error}` : "";
  part(".at-seen.digit").setAttribute("aria-label", "What the network sees");
  part(".at-reconstruction.digit").setAttribute("aria-label", made ? "Its reconstruction" : "No reconstruction yet");
  part(".map").setAttribute("aria-label", `Where they differ${of}`);
  const [low, high] = made ? [Math.min(...made.code), Math.max(...made.code)] : [0, 0];
  part(".values").setAttribute("aria-label", made ? `The code: from ${low.toFixed(2)} to ${high.toFixed(2)}` : "No code yet");
}

function same(a, b) {
  for (let i = 0; i < PIXELS; i++) if (a[i] !== b[i]) return false;
  return true;
}

function largestDifference(a, b) {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
