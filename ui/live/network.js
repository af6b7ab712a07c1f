// A network as a shape: each layer a bar as high as the square its numbers would fill (or as its maps are), joined into
// a taper. The Start page's figure and the small picture beside the form both draw with this.

import { make, makeSvg } from "./dom.js";
import { calm, glide } from "./motion.js";

const LETTER = 6.6;
const LINE = 13;
const KINDS = {
  dense: "Dense layer",
  posterior: "Mean and log-variance, a dense layer each",
  conv: "Convolution 3 × 3",
  conv_transpose: "Transposed convolution 3 × 3",
};

/**
 * A place in a drawing, left to right. An "edge" is where the shape begins or ends, without a bar of its own.
 * @typedef {{key: string, half: string, side: number, thickness: number, lines: string[], layer: (object|null),
 *   fan: (boolean|undefined), height: (number|undefined)}} Station
 */

/**
 * The layers one sees: flatten and reshape only change how numbers are laid out, so they are no bars. A dense layer
 * whose numbers become maps is drawn as those maps.
 * @param {object[]} layers
 * @param {string} half "encoder" or "decoder"
 * @returns {Station[]}
 */
export function barsOf(layers, half) {
  const bars = [];
  layers.forEach((layer, index) => {
    if (!(layer.kind in KINDS)) return;
    const next = layers[index + 1];
    const shape = next?.kind === "reshape" && next.shape.length === 3 ? next.shape : layer.shape;
    bars.push({ key: `${half}${bars.length}`, half, layer, ...sizeOf(shape) });
  });
  return bars;
}

function sizeOf(shape) {
  if (shape.length === 3) {
    const [height, width, filters] = shape;
    const lines = filters > 1 ? [`${height}×${width}`, `×${filters}`] : [`${height}×${width}`];
    return { side: height, thickness: 9 + 2.6 * Math.log2(filters), lines, maps: filters };
  }
  const units = shape.reduce((product, side) => product * side, 1);
  return { side: Math.sqrt(units), thickness: 13, lines: [`${units}`], maps: 0 };
}

/**
 * What the tooltip and a screen reader say of a layer: its kind, size, activation and parameters.
 * @param {object} layer
 * @returns {string[]} one line each
 */
export function describe(layer) {
  const stride = layer.strides > 1 ? `, stride ${layer.strides}` : "";
  const size = layer.shape.length === 3 ? layer.shape.join(" × ") : `${layer.shape[0].toLocaleString("en")} units`;
  return [KINDS[layer.kind] + stride, size, layer.activation, `${layer.params.toLocaleString("en")} parameters`];
}

/**
 * @param {object[]} layers
 * @returns {number} trainable parameters of them all
 */
export function parametersOf(layers) {
  return layers.reduce((sum, layer) => sum + layer.params, 0);
}

/** A drawing inside `svg`; `tip` is the element that shows a layer's description on hover, focus or tap. */
export class Drawing {
  /**
   * @param {SVGSVGElement} svg
   * @param {HTMLElement} tip
   */
  constructor(svg, tip) {
    Object.assign(this, { svg, tip, parts: [], placed: new Map(), drawn: "", stop: () => {} });
  }

  /**
   * Draw stations, unless they are drawn already. Changed layers glide; on a resized page the drawing simply fits.
   * @param {Station[]} stations
   * @param {{width: number, height: number, scale: number, below: number}} box in pixels: `scale` for one pixel of an
   *   image, `below` for how far labels may stand out under the drawing
   */
  draw(stations, box) {
    const wanted = JSON.stringify([stations, box]);
    if (wanted === this.drawn || box.width < 1) return;
    this.drawn = wanted;
    this.stop();
    const changed = this.parts.length > 0 && layersOf(this.parts.map((part) => part.station)) !== layersOf(stations);
    const targets = place(stations, box);
    const before = this.placed;
    this.svg.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    this.parts = build(this.svg, stations, targets, this.tip, box);
    const step = (t) => {
      this.placed = new Map();
      stations.forEach(({ key }, index) => {
        const target = targets[index];
        this.placed.set(key, between(before.get(key) ?? { ...target, height: 0 }, target, t));
      });
      arrange(this.parts, this.placed, box.height);
    };
    if (changed) this.stop = glide(300, step);
    else step(1);
  }

  /** A light that runs through the layers, beginning after `delay` ms. */
  pulse(delay) {
    if (calm()) return;
    this.parts.forEach((part, index) => {
      const timing = { duration: 360, delay: delay + index * 70, easing: "ease-in-out" };
      part.flow?.animate([{}, { fillOpacity: 0.55 }, {}], timing);
      part.rect?.animate([{}, { filter: "brightness(1.45)" }, {}], timing);
    });
  }
}

function layersOf(stations) {
  return stations.map((station) => station.key + station.lines).join();
}

/** Bars take their thickness, gaps share what is left. Thickness gives way first where room is short. */
function place(stations, { width, height, scale }) {
  const wanted = stations.reduce((sum, station) => sum + station.thickness, 0);
  const squeeze = Math.min(1, (0.55 * width) / Math.max(1, wanted));
  const gaps = stations.slice(1).map((station, index) => (station.fan || stations[index].fan ? 1.2 : 1));
  const room = (width - wanted * squeeze) / gaps.reduce((sum, gap) => sum + gap, 0);
  let x = 0;
  return stations.map((station, index) => {
    const thickness = station.thickness * squeeze;
    const at = { x, width: thickness, height: Math.min(height, station.height ?? Math.max(3, station.side * scale)) };
    x += thickness + room * (gaps[index] ?? 0);
    return at;
  });
}

function between(from, to, t) {
  const mix = (name) => from[name] + (to[name] - from[name]) * t;
  return { x: mix("x"), width: mix("width"), height: mix("height") };
}

function build(svg, stations, targets, tip, { width, height, below }) {
  svg.replaceChildren();
  const flows = stations.slice(1).map((station, index) => {
    const half = [station.half, stations[index].half].includes("decoder") ? "decoder" : "encoder";
    return add(svg, "path", { class: `flow ${half}${station.fan || stations[index].fan ? " fan" : ""}` });
  });
  const labels = placeLabels(stations, targets, width, height / 2 + below);
  return stations.map((station, index) => {
    const part = { station, flow: flows[index] ?? null };
    if (station.thickness === 0) return part;
    part.group = add(svg, "g", { class: `bar ${station.half}` });
    part.rect = add(part.group, "rect", { rx: 3 });
    part.marks = add(part.group, "path", { class: station.maps ? "maps" : "units" });
    if (station.layer) explain(part.group, station.layer, tip);
    if (labels[index]) {
      part.label = labels[index];
      part.text = add(svg, "text", { class: "size", "aria-hidden": "true" });
      part.spans = station.lines.map((line) => Object.assign(add(part.text, "tspan", {}), { textContent: line }));
    }
    return part;
  });
}

function add(parent, name, attributes) {
  return parent.appendChild(makeSvg(name, attributes));
}

/** Where each label stands under its bar so that none covers another or a bar; null where there is no room for it. */
function placeLabels(stations, targets, width, lowest) {
  const boxOf = ({ x, width: wide, height }) => ({ left: x, right: x + wide, top: -height / 2, bottom: height / 2 });
  const boxes = targets.map(boxOf);
  return stations.map((station, index) => {
    const at = targets[index];
    const half = (LETTER * Math.max(0, ...station.lines.map((line) => line.length))) / 2;
    const center = Math.max(half, Math.min(width - half, at.x + at.width / 2));
    for (const drop of station.lines.length ? [0, LINE, 2 * LINE] : []) {
      const top = at.height / 2 + 2 + drop;
      const box = { left: center - half, right: center + half, top, bottom: top + LINE * station.lines.length };
      if (box.bottom > lowest || boxes.some((other, o) => o !== index && overlaps(box, other))) continue;
      boxes.push(box);
      return { shift: center - at.x - at.width / 2, drop };
    }
    return null;
  });
}

function overlaps(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function arrange(parts, placed, height) {
  const middle = height / 2;
  const at = parts.map((part) => placed.get(part.station.key));
  parts.forEach((part, index) => {
    const { x, width, height: high } = at[index];
    const top = middle - high / 2;
    if (part.flow) part.flow.setAttribute("d", taper(at[index], at[index + 1], middle));
    if (part.rect) {
      const box = { x, y: top, width, height: high };
      for (const [name, value] of Object.entries(box)) part.rect.setAttribute(name, value);
      part.marks.setAttribute("d", part.station.maps ? plates(x, top, width, high) : dots(x + width / 2, top, high));
    }
    part.spans?.forEach((span, line) => {
      span.setAttribute("x", x + width / 2 + part.label.shift);
      span.setAttribute("y", top + high + LINE + part.label.drop + line * LINE);
    });
  });
}

function taper(left, right, middle) {
  const x0 = left.x + left.width, x1 = right.x;
  const a = left.height / 2, b = right.height / 2;
  return `M${x0} ${middle - a}L${x1} ${middle - b}V${middle + b}L${x0} ${middle + a}Z`;
}

/** Lines that make a bar look like maps behind one another. */
function plates(x, top, width, height) {
  const count = Math.max(2, Math.round(width / 5));
  let path = "";
  for (let i = 1; i < count; i++) path += `M${x + (width * i) / count} ${top + 1}v${Math.max(0, height - 2)}`;
  return path;
}

/** Round dots that make a bar look like a column of units. */
function dots(center, top, height) {
  const count = Math.max(1, Math.floor((height - 4) / 8));
  const first = top + (height - (count - 1) * 8) / 2;
  let path = "";
  for (let i = 0; i < count; i++) path += `M${center} ${first + i * 8}h0.01`;
  return path;
}

function explain(group, layer, tip) {
  const lines = describe(layer);
  group.setAttribute("tabindex", "0");
  group.setAttribute("role", "img");
  group.setAttribute("aria-label", lines.join(", "));
  const show = () => {
    tip.replaceChildren(...lines.map((line) => Object.assign(make("div", ""), { textContent: line })));
    tip.hidden = false;
    const bar = group.getBoundingClientRect();
    const frame = tip.offsetParent.getBoundingClientRect();
    const left = bar.left + bar.width / 2 - frame.left - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(0, Math.min(frame.width - tip.offsetWidth, left))}px`;
    tip.style.top = `${bar.top - frame.top - tip.offsetHeight - 6}px`;
  };
  const hide = () => {
    tip.hidden = true;
  };
  Object.assign(group, { onpointerenter: show, onfocus: show, onpointerleave: hide, onblur: hide });
  // Nothing may come back from here: false would keep the key from whatever it is for, Tab among others.
  group.onkeydown = (event) => {
    if (event.key === "Escape") hide();
  };
}
