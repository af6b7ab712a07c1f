// Beside the map, always in the same place: what the pointer is on, or what is pinned.

import { make, setText } from "../lib/page/dom.js";
import { paintBars } from "../lib/paint/bars.js";
import { PIXELS, paintDigit } from "../lib/paint/pixels.js";
import { NEIGHBOURS } from "./space.js";
import { count, nameOf } from "./subject.js";

const BLANK = new Uint8Array(PIXELS);

export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {{close: function(): void, choose: function(number): void}} actions choose: an image among the neighbours
   */
  constructor(root, { close, choose }) {
    this.root = root;
    this.find(".close").onclick = close;
    this.rows = [".by-code", ".by-pixels"].map((selector) => {
      const tiles = Array.from({ length: NEIGHBOURS }, () => makeTile(choose));
      this.find(selector).append(...tiles.map(({ button }) => button));
      return tiles;
    });
    this.showNeighbours(null, null);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /**
   * @param {import("./subject.js").Subject|null} subject null before anything was pointed at
   * @param {object} how range and colours of the bars, as `paintBars` takes them
   */
  show(subject, { range, colours }) {
    setText(this.find(".what"), subject?.title ?? "Point at or tap a dot");
    this.paint("left", subject?.left, "Original");
    this.paint("right", subject?.right, "Reconstruction");
    setText(this.find(".facts"), subject?.facts.join(" ") ?? "");
    const bars = this.find(".code");
    sharpen(bars);
    if (range && bars.width) paintBars(bars, subject?.code ?? null, range, colours);
  }

  paint(side, picture, otherwise) {
    const canvas = this.find(`.${side}`);
    paintDigit(canvas, picture?.values ?? BLANK, picture?.white ?? 255);
    const caption = picture?.caption ?? otherwise;
    setText(this.find(`.${side}-caption`), caption);
    if (canvas.ariaLabel !== caption) canvas.ariaLabel = caption;
  }

  /**
   * @param {{byCode: {index: number, distance: number}[], byPixels: {index: number, distance: number}[]}|null} near
   *   null while nothing is pinned
   * @param {import("../lib/page/collections.js").Collection} collection
   */
  showNeighbours(near, collection) {
    this.find(".close").style.visibility = near ? "visible" : "hidden";
    this.find(".near").classList.toggle("idle", !near);
    const lists = near ? [near.byCode, near.byPixels] : [[], []];
    this.rows.forEach((tiles, row) => tiles.forEach((tile, k) => fillTile(tile, lists[row][k], collection)));
  }
}

function makeTile(choose) {
  const button = Object.assign(make("button", "tile"), { type: "button" });
  const canvas = Object.assign(make("canvas", ""), { width: 28, height: 28 });
  const label = make("span", "label");
  button.append(canvas, label);
  button.onclick = () => choose(Number(button.dataset.index));
  return { button, canvas, label };
}

function fillTile({ button, canvas, label }, neighbour, collection) {
  button.style.visibility = neighbour ? "visible" : "hidden";
  if (!neighbour) {
    delete button.dataset.index;
    return;
  }
  const { index, distance } = neighbour;
  button.dataset.index = index;
  paintDigit(canvas, collection.pixels.subarray(index * PIXELS, (index + 1) * PIXELS), 255);
  setText(label, collection.labels ? nameOf(index, collection) : count(index));
  const words = `Image ${count(index)}, ${nameOf(index, collection)}, distance ${distance.toPrecision(3)}`;
  button.ariaLabel = button.title = words;
}

/** As many pixels as the screen has there. */
function sharpen(canvas) {
  const fine = window.devicePixelRatio || 1;
  const size = { width: Math.round(canvas.clientWidth * fine), height: Math.round(canvas.clientHeight * fine) };
  if (size.width && (canvas.width !== size.width || canvas.height !== size.height)) Object.assign(canvas, size);
}
