// The code as a row of bars that are sliders: drag one, or choose one and use the wide slider below or the arrow keys.

import { make } from "./dom.js";
import { glide } from "./motion.js";

const ONE_ROW = 40;
const BAR_PITCH = 4.7;
const MOST_IN_ROW = 64;
const DRAG_FROM = 4;

/**
 * @param {HTMLElement} root holds .bars, .dimension, .wide (a range input) and .value
 * @param {function(Float32Array, boolean): void} onChange called with the code, and whether the visitor changed it
 */
export function createCode(root, onChange) {
  const bars = root.querySelector(".bars");
  const wide = root.querySelector(".wide");
  const state = { values: new Float32Array(0), own: null, range: null, selected: 0, rows: 0, enabled: false, dims: [] };
  let stop = () => {};

  const control = {
    state,

    /** Take another network's code: `range` has low, high (of the drawing) and mins, maxs (of each dimension). */
    reset(values, range) {
      stop();
      Object.assign(state, { values: Float32Array.from(values), own: values, range, enabled: true });
      // The slider starts with the dimension in which digits differ most: the one where one sees most.
      state.selected = range.spread.indexOf(Math.max(...range.spread));
      state.rows = 0;
      layOut(control, bars);
      control.refresh();
      select(control, root, state.selected);
    },

    /** Glide to `target`; `own` is the code that the marks show. */
    glideTo(target, own, edited) {
      stop();
      state.own = own;
      const from = state.values.slice();
      stop = glide(420, (t) => {
        for (let i = 0; i < from.length; i++) state.values[i] = from[i] + (target[i] - from[i]) * t;
        control.refresh();
        onChange(state.values, edited);
      });
    },

    /** The visitor sets dimensions: [index, value] pairs. */
    set(...changes) {
      stop();
      const { low, high } = state.range;
      for (const [index, value] of changes) {
        state.values[index] = Math.min(high, Math.max(low, value));
        showBar(control, index);
      }
      showSelected(control, root);
      onChange(state.values, true);
    },

    refresh() {
      for (let i = 0; i < state.dims.length; i++) showBar(control, i);
      showSelected(control, root);
    },

    /** No network yet: `count` muted stubs that take no input. */
    mute(count) {
      if (!state.enabled && state.values.length === count) return;
      stop();
      state.enabled = false;
      state.rows = 0;
      state.values = new Float32Array(count);
      layOut(control, bars);
    },

    /** The bars' box changed its width: more or fewer rows may fit. */
    resize() {
      if (layOut(control, bars) && state.enabled) {
        control.refresh();
        select(control, root, state.selected);
      }
    },

    stop: () => stop(),
  };

  wide.oninput = () => control.set([state.selected, Number(wide.value)]);
  listenToPointer(control, root, bars);
  bars.onkeydown = (event) => onKey(control, root, event);
  // A screen reader may focus any bar, not only the chosen one.
  bars.addEventListener("focusin", (event) => {
    const index = state.dims.findIndex(({ dim }) => dim === event.target);
    if (index >= 0 && index !== state.selected) select(control, root, index);
  });
  return control;
}

/** Rows of bars, each wide enough for a finger to find. Returns whether they were made anew. */
function layOut({ state }, bars) {
  const count = state.values.length;
  const fit = Math.max(8, Math.min(MOST_IN_ROW, Math.floor(bars.clientWidth / BAR_PITCH)));
  const rows = count <= Math.min(ONE_ROW, fit) ? 1 : Math.ceil(count / fit);
  if (rows === state.rows || bars.clientWidth === 0) return false;
  state.rows = rows;
  const perRow = Math.ceil(count / rows);
  state.dims = [];
  bars.replaceChildren();
  for (let r = 0; r < rows; r++) {
    const row = bars.appendChild(make("div", "row"));
    row.appendChild(make("div", "zero"));
    for (let i = r * perRow; i < (r + 1) * perRow; i++) {
      const dim = row.appendChild(make("div", i < count ? "dim" : "dim empty"));
      if (i < count) state.dims.push(state.enabled ? makeSlider(state, dim, i) : makeStub(dim, i));
    }
    if (state.enabled) row.style.setProperty("--zero", `${place(state.range, 0)}%`);
  }
  return true;
}

function makeSlider({ range, values }, dim, index) {
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

/** Where a value stands in a row, in per cent from its top. */
function place({ low, high }, value) {
  return (100 * (high - value)) / (high - low);
}

function showBar({ state }, index) {
  const { dim, fill, mark } = state.dims[index];
  const value = state.values[index];
  const zero = place(state.range, Math.min(state.range.high, Math.max(state.range.low, 0)));
  const end = place(state.range, value);
  fill.style.top = `${Math.min(zero, end)}%`;
  fill.style.height = `${Math.abs(zero - end)}%`;
  mark.style.top = `${place(state.range, state.own[index])}%`;
  mark.hidden = Math.abs(value - state.own[index]) < 0.01 * (state.range.high - state.range.low);
  dim.setAttribute("aria-valuenow", value.toFixed(2));
}

function select(control, root, index, focus = false) {
  const { dims, range } = control.state;
  const old = dims[control.state.selected];
  control.state.selected = index;
  // In a tab that is not shown there is no room to lay bars out; `resize` comes back here once there is.
  if (!old) return;
  old.dim.setAttribute("tabindex", "-1");
  old.dim.classList.remove("selected");
  const { dim } = dims[index];
  dim.setAttribute("tabindex", "0");
  dim.classList.add("selected");
  if (focus) dim.focus({ preventScroll: true });
  const wide = root.querySelector(".wide");
  Object.assign(wide, { min: range.low, max: range.high, step: (range.high - range.low) / 400 });
  wide.setAttribute("aria-label", `Value of dimension ${index + 1}`);
  root.querySelector(".dimension").textContent = `Dimension ${index + 1}`;
  showSelected(control, root);
}

function showSelected({ state }, root) {
  const value = state.values[state.selected];
  root.querySelector(".wide").value = value;
  root.querySelector(".value").textContent = value.toFixed(2);
}

function listenToPointer(control, root, bars) {
  const { state } = control;
  let drag = null;
  bars.onpointerdown = (event) => {
    if (!state.enabled || event.button !== 0) return;
    const dim = event.target.closest?.(".dim:not(.empty)");
    const index = state.dims.findIndex((one) => one.dim === dim);
    if (index < 0) return;
    // Without this the mouse would start selecting text, and focus would leave the bar again.
    event.preventDefault();
    bars.setPointerCapture(event.pointerId);
    select(control, root, index, true);
    drag = { index, id: event.pointerId, from: event.clientY, box: dim.getBoundingClientRect(), moved: false };
  };
  bars.onpointermove = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    drag.moved ||= Math.abs(event.clientY - drag.from) >= DRAG_FROM;
    if (!drag.moved) return;
    root.dataset.dragging = "";
    const { low, high } = state.range;
    control.set([drag.index, high - ((event.clientY - drag.box.top) / drag.box.height) * (high - low)]);
  };
  bars.onpointerup = bars.onpointercancel = () => {
    drag = null;
    delete root.dataset.dragging;
  };
}

function onKey(control, root, event) {
  const { state } = control;
  if (!state.enabled) return;
  const { low, high } = state.range;
  const value = state.values[state.selected];
  const step = (high - low) / 50;
  const last = state.values.length - 1;
  const actions = {
    ArrowUp: () => control.set([state.selected, value + step]),
    ArrowDown: () => control.set([state.selected, value - step]),
    PageUp: () => control.set([state.selected, value + 5 * step]),
    PageDown: () => control.set([state.selected, value - 5 * step]),
    Home: () => control.set([state.selected, low]),
    End: () => control.set([state.selected, high]),
    ArrowLeft: () => select(control, root, Math.max(0, state.selected - 1), true),
    ArrowRight: () => select(control, root, Math.min(last, state.selected + 1), true),
  };
  if (!(event.key in actions)) return;
  event.preventDefault();
  actions[event.key]();
}
