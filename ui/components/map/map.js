// The latent space as a map. The server sends images, codes, network and places; all else happens here.

import { withNetwork } from "../lib/network/networks.js";
import { withCollection } from "../lib/page/collections.js";
import { component } from "../lib/page/component.js";
import { setText, takeColors } from "../lib/page/dom.js";
import { rangeOf } from "../lib/page/range.js";
import { floats, unpack } from "../lib/page/unpack.js";
import { colourPoints, themeOf } from "../lib/paint/colours.js";
import { classMedians } from "../lib/paint/medians.js";
import { Attention } from "./attention.js";
import { Controls } from "./controls.js";
import { KEYS } from "./keys.js";
import { Legend } from "./legend.js";
import { Painter } from "./painter.js";
import { Panel } from "./panel.js";
import { Points } from "./points.js";
import { Settled } from "./settled.js";
import { Space } from "./space.js";
import { count } from "./subject.js";
import { Tiles } from "./tiles.js";
import { View } from "./view.js";

const FILES = {
  page: "./map.html",
  styles: ["../lib/page/base.css", "../lib/page/parts.css", "./map.css", "./panel.css"],
};

/** What a benchmark observes: from the pointer's event to the painted pictures; one painting of the ground. */
const HOVER = "bottleneck-map-hover";
const GROUND = "bottleneck-map-ground";
/** Milliseconds from one arrangement to the next: until another comes, or long enough to be followed. */
const GLIDE = { forming: 500, formed: 900 };
/** Milliseconds without pan or zoom after which the decoded grid is worked out again. */
const REST = 180;

const maps = new WeakMap();

/** Streamlit calls this at first and again whenever data or theme change; the map stays and takes what is new. */
export default await component(import.meta.url, FILES, ({ data, parentElement, setStateValue }) => {
  let map = maps.get(parentElement);
  if (!map) maps.set(parentElement, (map = new LatentMap(parentElement.querySelector(".map"))));
  const run = map.start();
  map.settled.send = (view) => setStateValue("view", view);
  map.show(unpack(data));
  return () => map.stop(run);
});

class LatentMap {
  constructor(root) {
    Object.assign(this, { root, run: 0, frame: 0, timer: 0, version: 0, pending: null, groundStale: true });
    Object.assign(this, { header: null, space: null, stars: [], classes: [], range: null, gridVersion: "" });
    this.plot = this.find(".plot");
    this.view = new View();
    this.points = new Points();
    this.tiles = new Tiles();
    this.painter = new Painter(this.plot);
    this.attention = new Attention(this);
    this.controls = new Controls(this);
    this.settled = new Settled(this);
    this.legend = new Legend(this.find(".legend"), () => this.recolour());
    const release = () => this.controls.escape();
    this.panel = new Panel(this.find(".panel"), { close: release, choose: (index) => this.choose(index) });
    this.find(".clear").onclick = release;
    this.panel.show(null, { range: null, colours: null });
    this.observer = new ResizeObserver(() => this.resize());
    this.tick = this.tick.bind(this);
    root.screenOf = (index) => this.screenOf(index);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  start() {
    this.observer.observe(this.plot);
    return ++this.run;
  }

  /** Streamlit may end an older run after a newer one began; only the newest may stop the map. */
  stop(run) {
    if (run !== this.run) return;
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.settled.stop();
    this.frame = 0;
  }

  show({ header, blob }) {
    const numbers = (name) => floats(blob(name));
    const old = this.header;
    const { points, attention } = this;
    header.flat = header.inverse === "direct" && header.latentDim === 1;
    this.header = header;
    const duration = header.forming ? GLIDE.forming : GLIDE.formed;
    const moved = points.take(numbers("points"), { strip: header.flat, duration });
    this.root.dataset.stars = header.stars.length;
    this.stars = header.stars.map((star, index) => {
      const image = blob(`starImage${index}`)?.slice() ?? null;
      return { ...star, y: star.y * points.stretch, code: numbers(`starCode${index}`), image };
    });
    const repainted = this.takeTheme();
    this.takeSpace(header, numbers, old);
    this.settled.take(header);
    this.root.toggleAttribute("data-forming", header.forming);
    setText(this.find(".caption"), header.caption);
    this.find(".note-on-map").hidden = !header.note;
    setText(this.find(".note-on-map"), header.note);
    this.find(".over").hidden = !points.collapsed;
    setText(this.find(".over"), "All codes lie in one place: the network gives every image the same code.");
    this.recolour();
    this.resize();
    attention.update({ moved, repainted });
    this.settled.pinGiven();
    if (moved) this.settle();
  }

  /** @returns {boolean} whether the colours are others than before */
  takeTheme() {
    takeColors(this.root);
    const old = JSON.stringify(this.theme);
    this.theme = themeOf(this.root, this.header.classColours);
    const { primary, red, muted } = this.theme;
    const band = getComputedStyle(this.root).getPropertyValue("--band").trim();
    this.barColours = { bar: primary, odd: red, band, line: muted };
    return old !== JSON.stringify(this.theme);
  }

  /** The space behind the map, with what is known of it already. */
  takeSpace(header, numbers, old) {
    const space = new Space(header, numbers, this.points);
    const same = (name) => old && old[name] === header[name];
    if (same("model")) space.decoder = this.space.decoder;
    if (same("collection")) space.collection = this.space.collection;
    else if (old) this.attention.leave();
    this.space = space;
    const { mean, components } = space;
    this.gridVersion = [header.model, header.collection, header.inverse, mean ?? "", components ?? ""].join();
    if (!space.decoder) {
      withNetwork(header.model, (network) => {
        if (this.header.model !== header.model || this.space.decoder) return;
        this.space.takeNetwork(network);
        this.arrive();
      });
    }
    if (!space.collection) {
      withCollection(header.collection, (collection) => {
        if (this.header.collection !== header.collection || this.space.collection) return;
        this.space.collection = collection;
        this.range = rangeOf(collection.codes, collection.latentDim);
        this.arrive();
      });
    }
  }

  /** Images or network have come. */
  arrive() {
    this.recolour();
    this.attention.refresh();
    this.settled.pinGiven();
    this.settle(0);
  }

  /** Colours, legend and what is hidden, as they are chosen now. */
  recolour() {
    const { collection } = this.space;
    const { hidden } = this.legend;
    const choice = this.controls.colourChoice(collection, this.header.latentDim);
    this.coloured = colourPoints(collection, this.points.count, { ...choice, hidden }, this.theme);
    this.legend.show(collection, this.theme, this.coloured);
    this.version++;
    this.placeClasses();
    this.describe(choice);
    this.groundStale = true;
    this.wake();
  }

  placeClasses() {
    const { collection } = this.space;
    const classes = collection?.labels ? classMedians(this.points, collection.labels, collection.classNames) : [];
    this.classes = classes.filter(({ label }) => !this.legend.hidden.has(label));
  }

  describe({ by, dim }) {
    const { collection, decoder } = this.space;
    const { dataset } = this.root;
    dataset.state = !collection ? "waiting" : decoder ? "ready" : "dots";
    dataset.labels = collection && !collection.labels ? "no" : "yes";
    const coloured = { label: "label", error: "reconstruction error", dim: `dimension ${dim + 1}` }[by];
    const forming = this.header.forming ? ", still forming" : "";
    const images = count(this.points.count);
    const words = `Map of ${images} images by their codes, coloured by ${coloured}${forming}. ${KEYS}`;
    const overlay = this.find(".overlay");
    if (overlay.ariaLabel !== words) overlay.ariaLabel = words;
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (!width || !height || !this.header) return;
    Object.assign(this.view, { width, height });
    if (!this.painter.resize(this.view)) return;
    // The bars of the code have another width now.
    this.attention.refresh();
    this.changeView();
    this.settle();
  }

  changeView() {
    this.root.dataset.zoom = this.view.zoom.toFixed(3);
    this.groundStale = true;
    this.wake();
  }

  /** Where a point is in the window: for tests, which need not guess then. */
  screenOf(index) {
    const box = this.plot.getBoundingClientRect();
    const { x, y } = this.view.toScreen(this.points.xs[index], this.points.ys[index]);
    // Canvases lie within the plot's border.
    return { x: box.left + this.plot.clientLeft + x, y: box.top + this.plot.clientTop + y };
  }

  /** Pan and zoom are over, for now: what takes longer may begin. */
  settle(rest = REST) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.beginGrid(), rest);
  }

  beginGrid() {
    const side = this.controls.gridSide;
    this.root.dataset.grid = side ? "working" : "off";
    this.groundStale = true;
    if (side && this.space.decoder && this.space.collection) {
      // Where neighbours make the picture, it changes as they move.
      const places = this.header.inverse === "neighbours" ? this.points.generation : "";
      this.tiles.plan(this.view, side, `${this.gridVersion} ${places}`);
    }
    this.wake();
  }

  pointAt(spot, pointer, spoken = false) {
    // Events that come before the next frame are one.
    this.pending = { spot, pointer, spoken, begun: this.pending?.begun ?? performance.now() };
    this.wake();
  }

  choose(index) {
    const target = { kind: "point", index };
    this.attention.pin(target);
    this.attention.bringIntoView(target);
    this.settled.tell();
    this.wake();
  }

  /** For those who do not see it, and only after they pressed a key. */
  say() {
    const { subject } = this.attention;
    if (subject) setText(this.find(".spoken"), [subject.title, ...subject.facts].join(". "));
    this.wake();
  }

  wake() {
    this.frame ||= requestAnimationFrame(this.tick);
  }

  tick(now) {
    this.frame = 0;
    const { points, controls } = this;
    if (points.moving) {
      points.step(now);
      this.view.bounds = points.bounds;
      this.placeClasses();
      this.groundStale = true;
    } else {
      this.view.bounds = points.bounds;
    }
    const { pending } = this;
    this.pending = null;
    if (pending) this.attention.pointAt(pending.spot, pending.pointer);
    if (controls.gridSide) this.workOnGrid();
    this.paint();
    if (pending?.spoken) this.say();
    if (pending) measure(HOVER, pending.begun);
    if (points.moving) this.wake();
  }

  workOnGrid() {
    if (this.root.dataset.grid !== "working" || !this.tiles.size) return;
    const done = this.tiles.work(this.space);
    this.groundStale = true;
    if (done) this.root.dataset.grid = "done";
    else this.wake();
  }

  paint() {
    const { painter, controls, view } = this;
    const begun = performance.now();
    const shown = { wantsDigits: controls.digits, tiles: controls.gridSide && this.tiles.size ? this.tiles : null };
    const mode = JSON.stringify([shown.wantsDigits, Boolean(shown.tiles)]);
    if (this.groundStale || mode !== this.mode) {
      painter.ground({ ...this, ...shown, version: `${this.version} ${this.points.generation}` });
      this.root.dataset.digits = painter.digits ? "on" : "off";
      measure(GROUND, begun);
    }
    Object.assign(this, { mode, groundStale: false });
    const { kept, near, hover, selection } = this.attention;
    const cursor = controls.overlay.matches(":focus-visible");
    painter.over({ ...this, view, kept, near, hover, selection, path: controls.path, cursor });
  }
}

function measure(name, start) {
  performance.measure(name, { start, end: performance.now() });
  performance.clearMeasures(name);
}
