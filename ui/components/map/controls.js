// What the visitor's hand does on a map and its buttons, and what that changes.

import { setText } from "../lib/page/dom.js";
import { calm } from "../lib/page/motion.js";
import { Gestures } from "./gestures.js";
import { pressKey } from "./keys.js";

/** A second click within this time, in ms, was meant as a double-click, and the first not as a click. */
const DOUBLE = 500;
const ZOOM = 1.6;
/** Milliseconds for which it is said how the map moves, after a wheel or a finger has moved the page. */
const EXPLAINED = 1500;
/** An outline smaller than this, in pixels, is a slip of the hand. */
const SLIP = 6;

export class Controls {
  /** @param {object} map root, view, attention; changeView, recolour, settle, wake, pointAt, say */
  constructor(map) {
    Object.assign(this, { map, tool: "move", path: [], digits: false, grid: false, before: null });
    this.overlay = this.find(".overlay");
    new Gestures(this.overlay, {
      tool: () => this.tool,
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, { x, y }) => this.zoom(factor, x, y),
      hover: (spot, pointer) => map.pointAt(spot, pointer),
      tap: (spot, pointer) => this.tap(spot, pointer),
      draw: (path, done) => this.draw(path, done),
      settle: () => map.settle(),
      refuse: (pointer) => this.explain(pointer),
    });
    this.overlay.ondblclick = () => this.doubleClick();
    this.overlay.onfocus = this.overlay.onblur = () => map.wake();
    // Such a handler must not return false: that would stop what the key does otherwise.
    this.overlay.onkeydown = (event) => {
      if (pressKey(event, this)) event.preventDefault();
    };
    map.root.onkeydown = (event) => {
      if (event.key === "Escape") this.escape();
    };
    this.wireButtons();
  }

  find(selector) {
    return this.map.root.querySelector(selector);
  }

  wireButtons() {
    const { map } = this;
    this.find(".in").onclick = () => this.zoom(ZOOM);
    this.find(".out").onclick = () => this.zoom(1 / ZOOM);
    this.find(".fit").onclick = () => this.fit();
    for (const button of map.root.querySelectorAll("button[data-tool]")) {
      button.onclick = () => this.takeTool(button.dataset.tool);
    }
    this.find(".colour-by").onchange = this.find(".dim").onchange = () => {
      map.recolour();
      map.settled.tell();
    };
    this.find(".digits").onclick = (event) => {
      this.digits = press(event.currentTarget, !this.digits);
      map.settled.tell();
      map.wake();
    };
    this.find(".grid").onclick = (event) => {
      this.grid = press(event.currentTarget, !this.grid);
      this.changeGrid();
    };
    this.find(".grid-side").onchange = () => this.changeGrid();
  }

  changeGrid() {
    this.map.settled.tell();
    this.map.settle(0);
  }

  /** What is chosen here, as `take` takes it. */
  get view() {
    const by = this.find(".colour-by").value;
    return { colour: by === "dim" ? `dim-${this.find(".dim").value}` : by, grid: this.gridSide, digits: this.digits };
  }

  take({ colour, grid, digits }) {
    const [by, dim] = colour.split("-");
    this.find(".colour-by").value = by;
    if (dim) this.find(".dim").value = dim;
    if (grid) this.find(".grid-side").value = grid;
    this.grid = press(this.find(".grid"), grid > 0);
    this.digits = press(this.find(".digits"), digits);
    this.map.settle(0);
  }

  /** Pictures along the longer side of the decoded grid; 0 where none is wanted. */
  get gridSide() {
    return this.grid ? Number(this.find(".grid-side").value) : 0;
  }

  /**
   * What the points are coloured by, as far as this collection has it. Also shows which choices there are.
   * @param {import("../lib/page/collections.js").Collection|null} collection
   * @param {number} latentDim
   * @returns {{by: string, dim: number}}
   */
  colourChoice(collection, latentDim) {
    const by = this.find(".colour-by");
    const dim = this.find(".dim");
    const label = by.options[0];
    label.hidden = label.disabled = Boolean(collection && !collection.labels);
    if (label.disabled && by.value === "label") by.value = "error";
    const wanted = Math.min(latentDim, Math.max(1, Math.round(Number(dim.value)) || 1));
    dim.max = latentDim;
    if (by.getRootNode().activeElement !== dim) dim.value = wanted;
    this.find(".of-dim").hidden = by.value !== "dim";
    return { by: by.value, dim: wanted - 1 };
  }

  takeTool(tool) {
    this.tool = this.map.root.dataset.tool = tool;
    for (const button of this.map.root.querySelectorAll("button[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  pan(dx, dy) {
    this.map.view.panBy(dx, dy);
    this.map.changeView();
  }

  zoom(factor, x, y) {
    this.map.view.zoomAt(factor, x, y);
    this.map.changeView();
    this.map.settle();
  }

  fit() {
    this.map.view.fit();
    this.map.changeView();
    this.map.settle();
  }

  settle() {
    this.map.settle();
  }

  tap(spot, pointer) {
    const { attention } = this.map;
    const now = performance.now();
    if (!this.before || now - this.before.time > DOUBLE) {
      this.before = { time: now, kept: attention.kept, selection: attention.selection };
    }
    attention.pin(attention.targetAt(spot, pointer));
    this.map.settled.tell();
    // On a phone the panel is below the map: what a finger asked for must not be off the screen.
    if (pointer === "touch") this.find(".pair").scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    this.map.wake();
  }

  /** The page keeps its wheel and its one finger; who expected the map to move reads what moves it. */
  explain(pointer) {
    const how = this.find(".how");
    setText(how, pointer === "touch" ? "Use two fingers to move the map" : "Hold Ctrl or Shift to zoom with the wheel");
    how.toggleAttribute("data-shown", true);
    clearTimeout(this.explained);
    this.explained = setTimeout(() => how.toggleAttribute("data-shown", false), EXPLAINED);
  }

  /** Back to all points, and to what was pinned before the first of the two clicks. */
  doubleClick() {
    const { attention } = this.map;
    attention.clear();
    if (this.before?.kept) attention.pin(this.before.kept);
    else if (this.before?.selection) attention.showSelection(this.before.selection);
    this.before = null;
    this.map.settled.tell();
    this.fit();
  }

  /** An outline is being drawn, or done; an empty path gives it up. */
  draw(path, done) {
    const { map } = this;
    const outline = this.tool === "lasso" || path.length < 2 ? path : boxOf(path[0], path.at(-1));
    this.path = done ? [] : outline;
    if (done && sizeOf(outline) > SLIP) {
      if (this.tool === "zoom") {
        map.view.zoomTo({ x: outline[0].x, y: outline[0].y, ...extent(outline) });
        map.changeView();
        map.settle();
      } else {
        map.attention.select(outline);
        map.settled.tell();
      }
    }
    map.wake();
  }

  escape() {
    this.map.attention.clear();
    this.map.settled.tell();
    this.map.wake();
  }

  pinMiddle() {
    this.map.attention.pinMiddle();
    this.map.settled.tell();
    this.map.say();
  }

  walk(step) {
    this.map.attention.walk(step);
    this.map.settled.tell();
    this.map.say();
  }

  /** For the keyboard the middle of the map is what the pointer is for a hand. */
  pointAtMiddle() {
    const { view } = this.map;
    this.map.pointAt({ x: view.width / 2, y: view.height / 2 }, "mouse", true);
  }
}

function press(button, pressed) {
  button.setAttribute("aria-pressed", String(pressed));
  return pressed;
}

/** The corners of a box, from the upper left one on. */
function boxOf(a, b) {
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  return [{ x: left, y: top }, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom }];
}

function extent(path) {
  const [xs, ys] = [path.map(({ x }) => x), path.map(({ y }) => y)];
  return { width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
}

function sizeOf(path) {
  return path.length < 3 ? 0 : Math.max(...Object.values(extent(path)));
}
