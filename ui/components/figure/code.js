// The code as a row of bars that are sliders: drag one, or choose one and use the wide slider below or the arrow keys.

import { make } from "../lib/page/dom.js";
import { glide } from "../lib/page/motion.js";

const ONE_ROW = 40;
const BAR_PITCH = 4.7;
const MOST_IN_ROW = 64;
const DRAG_FROM = 4;

/** The control inside `root`, which holds .bars, .dimension, .wide (a range input) and .value. */
export class Code {
  /**
   * @param {HTMLElement} root
   * @param {function(Float32Array, boolean): void} onChange called with the code, and whether the visitor changed it
   */
  constructor(root, onChange) {
    this.root = root;
    this.onChange = onChange;
    this.bars = root.querySelector(".bars");
    this.wide = root.querySelector(".wide");
    this.values = new Float32Array(0);
    this.dims = [];
    this.selected = this.rows = 0;
    this.enabled = false;
    this.own = this.range = null;
    this.stop = () => {};
    this.wide.oninput = () => this.set([this.selected, Number(this.wide.value)]);
    this.bars.onkeydown = (event) => this.onKey(event);
    // A screen reader may focus any bar, not only the chosen one.
    this.bars.addEventListener("focusin", (event) => {
      const index = this.dims.findIndex(({ dim }) => dim === event.target);
      if (index >= 0 && index !== this.selected) this.select(index);
    });
    listenToPointer(this);
  }

  /** Take another network's code, with the `range` that rangeOf made. */
  reset(values, range) {
    this.stop();
    Object.assign(this, { values: Float32Array.from(values), own: values, range, enabled: true, rows: 0 });
    // The slider starts with the dimension in which digits differ most: the one where one sees most.
    this.selected = range.spread.indexOf(Math.max(...range.spread));
    this.resize();
  }

  /** No network yet: `count` muted stubs that take no input. */
  mute(count) {
    if (!this.enabled && this.values.length === count) return;
    this.stop();
    Object.assign(this, { values: new Float32Array(count), enabled: false, rows: 0 });
    this.layOut();
  }

  /** Glide to `target`; `own` is the code that the marks show. */
  glideTo(target, own, edited) {
    this.stop();
    this.own = own;
    const from = this.values.slice();
    this.stop = glide(420, (t) => {
      for (let i = 0; i < from.length; i++) this.values[i] = from[i] + (target[i] - from[i]) * t;
      this.refresh();
      this.onChange(this.values, edited);
    });
  }

  /** The visitor sets dimensions: [index, value] pairs. */
  set(...changes) {
    this.stop();
    const { low, high } = this.range;
    for (const [index, value] of changes) {
      this.values[index] = Math.min(high, Math.max(low, value));
      this.showBar(index);
    }
    this.showSelected();
    this.onChange(this.values, true);
  }

  /** The bars' box changed its width: more or fewer rows may fit. */
  resize() {
    if (!this.layOut() || !this.enabled) return;
    this.refresh();
    this.select(this.selected);
  }

  /** Rows of bars, each wide enough for a finger to find. Returns whether they were made anew. */
  layOut() {
    const count = this.values.length;
    const fit = Math.max(8, Math.min(MOST_IN_ROW, Math.floor(this.bars.clientWidth / BAR_PITCH)));
    const rows = count <= Math.min(ONE_ROW, fit) ? 1 : Math.ceil(count / fit);
    // In a tab that is not shown there is no room; `resize` comes back here once there is.
    if (rows === this.rows || this.bars.clientWidth === 0) return false;
    this.rows = rows;
    this.dims = [];
    this.bars.replaceChildren();
    const perRow = Math.ceil(count / rows);
    for (let start = 0; start < count; start += perRow) this.addRow(start, perRow);
    return true;
  }

  addRow(start, perRow) {
    const row = this.bars.appendChild(make("div", "row"));
    if (this.enabled) {
      row.style.setProperty("--zero", `${place(this.range, 0)}%`);
      row.appendChild(make("div", "zero"));
    }
    for (let i = start; i < start + perRow; i++) {
      const isThere = i < this.values.length;
      const dim = row.appendChild(make("div", isThere ? "dim" : "dim empty"));
      if (isThere) this.dims.push(this.enabled ? makeSlider(dim, i, this) : makeStub(dim, i));
    }
  }

  refresh() {
    for (let i = 0; i < this.dims.length; i++) this.showBar(i);
    this.showSelected();
  }

  showBar(index) {
    const { dim, fill, mark } = this.dims[index];
    const { low, high } = this.range;
    const value = this.values[index];
    const zero = place(this.range, 0);
    const end = place(this.range, value);
    fill.style.top = `${Math.min(zero, end)}%`;
    fill.style.height = `${Math.abs(zero - end)}%`;
    mark.style.top = `${place(this.range, this.own[index])}%`;
    mark.hidden = Math.abs(value - this.own[index]) < 0.01 * (high - low);
    dim.setAttribute("aria-valuenow", value.toFixed(2));
  }

  showSelected() {
    const value = this.values[this.selected];
    this.wide.value = value;
    this.root.querySelector(".value").textContent = value.toFixed(2);
  }

  select(index, focus = false) {
    const { low, high } = this.range;
    this.dims[this.selected].dim.setAttribute("tabindex", "-1");
    this.dims[this.selected].dim.classList.remove("selected");
    this.selected = index;
    const { dim } = this.dims[index];
    dim.setAttribute("tabindex", "0");
    dim.classList.add("selected");
    if (focus) dim.focus({ preventScroll: true });
    Object.assign(this.wide, { min: low, max: high, step: (high - low) / 400 });
    this.wide.setAttribute("aria-label", `Value of dimension ${index + 1}`);
    this.root.querySelector(".dimension").textContent = `Dimension ${index + 1}`;
    this.showSelected();
  }

  onKey(event) {
    if (!this.enabled) return;
    const { low, high } = this.range;
    const value = this.values[this.selected];
    const step = (high - low) / 50;
    const actions = {
      ArrowUp: () => this.set([this.selected, value + step]),
      ArrowDown: () => this.set([this.selected, value - step]),
      PageUp: () => this.set([this.selected, value + 5 * step]),
      PageDown: () => this.set([this.selected, value - 5 * step]),
      Home: () => this.set([this.selected, low]),
      End: () => this.set([this.selected, high]),
      ArrowLeft: () => this.select(Math.max(0, this.selected - 1), true),
      ArrowRight: () => this.select(Math.min(this.values.length - 1, this.selected + 1), true),
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  }
}

/** Where a value stands in a row, in per cent from its top. */
function place({ low, high }, value) {
  return (100 * (high - value)) / (high - low);
}

function makeSlider(dim, index, { range, values }) {
  const band = dim.appendChild(make("div", "band"));
  band.style.top = `${place(range, range.maxs[index])}%`;
  band.style.bottom = `${100 - place(range, range.mins[index])}%`;
  const attributes = {
    role: "slider",
    tabindex: -1,
    "aria-orientation": "vertical",
    "aria-label": `Dimension ${index + 1} of ${values.length}`,
    "aria-valuemin": range.low.toFixed(2),
    "aria-valuemax": range.high.toFixed(2),
  };
  for (const [name, value] of Object.entries(attributes)) dim.setAttribute(name, value);
  return { dim, fill: dim.appendChild(make("div", "fill")), mark: dim.appendChild(make("div", "mark")) };
}

/** A bar without a value: a quiet wave through the code says that something is on its way. */
function makeStub(dim, index) {
  const stub = dim.appendChild(make("div", "stub"));
  stub.style.animationDelay = `${-index * 90}ms`;
  return { dim };
}

function listenToPointer(code) {
  const { bars, root } = code;
  let drag = null;
  bars.onpointerdown = (event) => {
    if (!code.enabled || event.button !== 0) return;
    const dim = event.target.closest?.(".dim:not(.empty)");
    const index = code.dims.findIndex((one) => one.dim === dim);
    if (index < 0) return;
    // Without this the mouse would start selecting text, and focus would leave the bar again.
    event.preventDefault();
    bars.setPointerCapture(event.pointerId);
    code.select(index, true);
    drag = { index, id: event.pointerId, from: event.clientY, box: dim.getBoundingClientRect(), moved: false };
  };
  bars.onpointermove = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    drag.moved ||= Math.abs(event.clientY - drag.from) >= DRAG_FROM;
    if (!drag.moved) return;
    root.dataset.dragging = "";
    const { low, high } = code.range;
    code.set([drag.index, high - ((event.clientY - drag.box.top) / drag.box.height) * (high - low)]);
  };
  bars.onpointerup = bars.onpointercancel = () => {
    drag = null;
    delete root.dataset.dragging;
  };
}
