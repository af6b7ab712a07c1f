// The figure of the Start page: a digit, the encoder, its code, the decoder, what comes out, and how far off that is.
// Once its data is here it asks the server for nothing: the decoder runs in the browser.

import { forward, parseNetwork } from "../lib/network/forward.js";
import { Drawing, barsOf, parametersOf } from "../lib/network/network.js";
import { component } from "../lib/page/component.js";
import { setText, takeColors } from "../lib/page/dom.js";
import { rangeOf } from "../lib/page/range.js";
import { floats, unpack } from "../lib/page/unpack.js";
import { PIXELS, SIDE, meanSquaredError, paintDigit, paintError } from "../lib/paint/pixels.js";
import { Code } from "./code.js";
import { Pad } from "./pad.js";

const FILES = {
  page: "./figure.html",
  styles: ["../lib/page/base.css", "../lib/page/parts.css", "../lib/network/network.css", "./code.css", "./figure.css"],
};

/** How far, in pixels, a layer's label may stand out below the drawing, where the page is empty. */
const BELOW = 18;

const figures = new WeakMap();

/** Streamlit calls this at first and again whenever data or theme change; the figure stays and takes what is new. */
export default await component(import.meta.url, FILES, ({ data, parentElement }) => {
  let figure = figures.get(parentElement);
  if (!figure) figures.set(parentElement, (figure = new Figure(parentElement.querySelector(".figure"))));
  const run = figure.start();
  figure.show(unpack(data));
  return () => figure.stop(run);
});

class Figure {
  constructor(root) {
    this.root = root;
    this.index = 0;
    this.run = 0;
    this.edited = false;
    this.model = this.decoder = this.header = null;
    const tip = this.find(".tip");
    this.encoderNet = new Drawing(this.find(".net.at-encoder"), tip);
    this.decoderNet = new Drawing(this.find(".net.at-decoder"), tip);
    this.code = new Code(this.find(".card"), (values, edited) => this.reconstruct(values, edited));
    this.pad = new Pad(this.find(".pad"), (x, y) => this.code.set([0, x], [1, y]));
    this.observer = new ResizeObserver(() => this.fit());
    this.find(".another").onclick = () => this.another();
    this.find(".reset").onclick = () => this.code.glideTo(this.ownCode(), this.ownCode(), false);
    this.find(".nudge").onclick = () => this.nudge();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  start() {
    this.observer.observe(this.root);
    return ++this.run;
  }

  /** Streamlit may end an older run after a newer one began; only the newest may stop the figure. */
  stop(run) {
    if (run !== this.run) return;
    this.observer.disconnect();
    this.code.stop();
    this.encoderNet.stop();
    this.decoderNet.stop();
  }

  show({ header, blob }) {
    const learned = header.model !== this.model;
    this.header = header;
    this.images = blob("images");
    this.reconstructions = blob("reconstructions");
    this.index = Math.min(this.index, header.labels.length - 1);
    this.colors = takeColors(this.root);
    if (learned) this.takeModel(blob);
    this.root.dataset.state = this.decoder ? "ready" : "learning";
    for (const name of [".reset", ".nudge"]) this.find(name).disabled = !this.decoder;
    this.showWords();
    this.fit();
    if (!this.decoder) this.code.mute(header.latentDim);
    if (learned && this.decoder) {
      this.code.reset(this.ownCode(), this.range);
      this.edited = false;
    }
    this.showOriginal();
    this.showReconstruction();
  }

  takeModel(blob) {
    const { model, network, labels, latentDim } = this.header;
    this.model = model;
    this.decoder = null;
    if (!network) return;
    const { encoder, decoder } = parseNetwork(network, floats(blob("weights")));
    this.decoder = decoder;
    this.codes = floats(blob("codes")) ?? encodeAll(encoder, this.images, labels.length, latentDim);
    this.range = rangeOf(this.codes, latentDim);
    this.find(".pad").toggleAttribute("hidden", latentDim !== 2);
    if (latentDim === 2) this.pad.draw(this.codes, labels, this.range);
  }

  showWords() {
    const { status, latentDim, encoder, decoder } = this.header;
    const numbers = latentDim === 1 ? "1 number" : `${latentDim} numbers`;
    const action = latentDim === 2 ? "drag the point or a bar" : "drag a bar up or down";
    const words = {
      ".at-encoder .parameters": `${parametersOf(encoder).toLocaleString("en")} parameters`,
      ".at-decoder .parameters": `${parametersOf(decoder).toLocaleString("en")} parameters`,
      ".hint": this.decoder ? `${numbers}: ${action}` : numbers,
      ".status": status ?? "",
    };
    for (const [selector, text] of Object.entries(words)) setText(this.find(selector), text);
  }

  /** Draw both halves as wide as their boxes are now, the 28 pixels of an image as high as the images are. */
  fit() {
    if (!this.header) return;
    const image = this.find(".digit").clientHeight;
    const card = getComputedStyle(this.find(".funnel")).display === "none" ? this.find(".card").offsetHeight : 0;
    const encoder = barsOf(this.header.encoder, "encoder");
    const decoder = barsOf(this.header.decoder, "decoder");
    const code = encoder[encoder.length - 1];
    code.half = "code";
    const nothing = { side: 0, thickness: 0, lines: [], layer: null };
    const edge = (key, half, height, fan = false) => ({ ...nothing, key, half, height, fan });
    const before = card ? [edge("in", "decoder", card, true)] : [];
    const after = card ? [edge("out", "encoder", card, true)] : [];
    // Where the code's bars stand between the halves, both show the thin code; else they meet at one.
    const copy = { ...code, key: "copy", layer: null, lines: [], thickness: card ? code.thickness : 0 };
    const box = this.find(".net.at-encoder");
    const height = box.clientHeight;
    const scale = Math.min(image / SIDE, height / Math.max(...[...encoder, ...decoder].map((bar) => bar.side)));
    const size = (net) => ({ width: this.find(`.net.${net}`).clientWidth, height, scale, below: BELOW });
    this.encoderNet.draw([edge("in", "encoder", image), ...encoder, ...after], size("at-encoder"));
    this.decoderNet.draw([...before, copy, ...decoder, edge("out", "decoder", image)], size("at-decoder"));
    this.code.resize();
  }

  another() {
    this.index = (this.index + 1) % this.header.labels.length;
    this.showOriginal();
    this.encoderNet.pulse(0);
    this.decoderNet.pulse(300);
    if (this.decoder) this.code.glideTo(this.ownCode(), this.ownCode(), false);
    else this.showReconstruction();
  }

  nudge() {
    const target = this.code.values.map((value, dim) => {
      const { low, high, spread } = this.range;
      return Math.min(high, Math.max(low, value + 0.6 * spread[dim] * normal()));
    });
    this.decoderNet.pulse(0);
    this.code.glideTo(target, this.ownCode(), true);
  }

  ownCode() {
    const { latentDim } = this.header;
    return this.codes.slice(this.index * latentDim, (this.index + 1) * latentDim);
  }

  showOriginal() {
    const label = this.header.labels[this.index];
    const start = this.index * PIXELS;
    const bytes = this.images.subarray(start, start + PIXELS);
    this.original = Float32Array.from(bytes, (byte) => byte / 255);
    paintDigit(this.find(".digit.at-original"), bytes, 255);
    this.find(".digit.at-original").setAttribute("aria-label", `Original: a test image labelled ${label}`);
    this.find(".digit.at-reconstruction").setAttribute("aria-label", `Reconstruction of the image labelled ${label}`);
    setText(this.find(".label"), `test image, label ${label}`);
    if (this.decoder) this.ownError = meanSquaredError(this.original, forward(this.decoder, this.ownCode()));
  }

  showReconstruction() {
    if (this.decoder) {
      this.reconstruct(this.code.values, this.edited);
      return;
    }
    const place = this.header.reconstructed.indexOf(this.index);
    const made = place >= 0;
    const bytes = made ? this.reconstructions.subarray(place * PIXELS, (place + 1) * PIXELS) : new Uint8Array(PIXELS);
    paintDigit(this.find(".digit.at-reconstruction"), bytes, 255);
    this.showError(made ? Float32Array.from(bytes, (byte) => byte / 255) : null);
  }

  reconstruct(values, edited) {
    this.edited = edited;
    const image = forward(this.decoder, values);
    paintDigit(this.find(".digit.at-reconstruction"), image, 1);
    if (this.header.latentDim === 2) this.pad.show(values);
    this.showError(image);
  }

  showError(image) {
    const error = image ? meanSquaredError(this.original, image).toFixed(4) : "–";
    paintError(this.find(".map"), this.original, image ?? this.original, this.colors);
    this.find(".map").setAttribute("aria-label", `Where they differ; mean squared error ${error}`);
    setText(this.find(".mse"), error);
    setText(this.find(".brief"), `error ${error}`);
    this.root.toggleAttribute("data-edited", this.edited);
    setText(this.find(".own"), this.edited ? `own code: ${this.ownError.toFixed(4)}` : "");
  }
}

function encodeAll(encoder, images, count, latentDim) {
  const codes = new Float32Array(count * latentDim);
  for (let i = 0; i < count; i++) {
    const image = Float32Array.from(images.subarray(i * PIXELS, (i + 1) * PIXELS), (byte) => byte / 255);
    codes.set(forward(encoder, image), i * latentDim);
  }
  return codes;
}

/** A standard normal number (Box and Muller, 1958). */
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
