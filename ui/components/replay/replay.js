// How the latent space formed: a film of the codes of the same images at log-spaced steps, with the reconstructions and
// losses of each frame. Between two frames the points move; pictures and figures are those of the nearest frame.

import { component } from "../lib/page/component.js";
import { make, setText, takeColors } from "../lib/page/dom.js";
import { calm, glide, play } from "../lib/page/motion.js";
import { floats, unpack } from "../lib/page/unpack.js";
import { themeOf } from "../lib/paint/colours.js";
import { PIXELS, paintDigit } from "../lib/paint/pixels.js";
import { Cloud } from "./cloud.js";
import { DURATION, Film, ease, timeOf } from "./film.js";

const FILES = { page: "./replay.html", styles: ["../lib/page/base.css", "../lib/page/parts.css", "./replay.css"] };

const GLIDE_MS = 260;
/** Pixels that a number under the slider needs. */
const NUMBER_WIDTH = 52;
/** Frames drawn within this factor of the last one's scale are not worth a word. */
const SAME_SCALE = 1.15;

const replays = new WeakMap();

/** Streamlit calls this at first and again whenever data or theme change; the film stays where it is. */
export default await component(import.meta.url, FILES, ({ data, parentElement }) => {
  let replay = replays.get(parentElement);
  if (!replay) replays.set(parentElement, (replay = new Replay(parentElement.querySelector(".replay"))));
  const run = replay.start();
  replay.show(unpack(data));
  return () => replay.stop(run);
});

class Replay {
  constructor(root) {
    Object.assign(this, { root, run: 0, frame: -1, position: 0, film: null, shown: "", playing: null, goal: 0, heading: null, stopGlide: () => {} });
    this.slider = this.find("input");
    this.button = this.find(".play");
    this.cloud = new Cloud(this.find(".dots"));
    this.observer = new ResizeObserver(() => this.fit());
    this.slider.oninput = () => this.drag();
    this.slider.onchange = () => this.glideTo(Math.round(this.position));
    this.button.onclick = () => this.toggle();
    this.find(".dots").onclick = () => {
      this.toggle();
      this.button.focus({ preventScroll: true });
    };
    root.onkeydown = (event) => this.onKey(event);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  start() {
    this.observer.observe(this.root);
    return ++this.run;
  }

  /** Streamlit may end an older run after a newer one began; only the newest may stop the film. */
  stop(run) {
    if (run !== this.run) return;
    this.observer.disconnect();
    this.halt();
  }

  show({ header, blob }) {
    takeColors(this.root);
    this.theme = themeOf(this.root, header.classColours);
    if (header.film !== this.shown) this.load(header, blob);
    this.shown = header.film;
    this.showLegend();
    this.fit();
  }

  load(header, blob) {
    const atEnd = !this.film || this.position >= this.film.last;
    this.halt();
    this.header = header;
    this.film = new Film(floats(blob("points")), header.steps.length);
    this.box = this.film.box();
    this.classes = { labels: blob("labels")?.slice() ?? null, names: header.classNames };
    this.reconstructions = blob("reconstructions").slice();
    this.slider.max = this.film.last;
    this.slider.disabled = this.button.disabled = this.film.last === 0;
    this.makePairs(blob("originals"));
    this.frame = -1;
    this.position = atEnd ? this.film.last : Math.min(Math.round(this.position), this.film.last);
    this.goal = this.position;
    this.showButton();
  }

  makePairs(originals) {
    const count = originals.length / PIXELS;
    this.made = [];
    const pairs = Array.from({ length: count }, (_, index) => {
      const pair = make("div", "pair");
      for (const role of ["original", "reconstruction"]) {
        const canvas = Object.assign(make("canvas", role), { width: 28, height: 28 });
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", `${role === "original" ? "Original" : "Reconstruction"} ${index + 1} of ${count}`);
        pair.append(canvas);
      }
      paintDigit(pair.firstChild, originals.subarray(index * PIXELS, (index + 1) * PIXELS), 255);
      this.made.push(pair.lastChild);
      return pair;
    });
    this.find(".pairs").replaceChildren(...pairs);
  }

  showLegend() {
    const { classNames } = this.header;
    const names = classNames.map((name, label) => {
      const item = Object.assign(make("span", ""), { textContent: name });
      item.style.setProperty("--class", this.theme.classes[label % this.theme.classes.length]);
      return item;
    });
    this.find(".legend").replaceChildren(...names);
    this.find(".legend").hidden = !names.length;
  }

  /** The box changed its width: draw as fine as it is now, and number as many ticks as there is room for. */
  fit() {
    if (!this.film || !this.cloud.fit()) return;
    this.showRuler();
    this.moveTo(this.position);
  }

  showRuler() {
    const ruler = this.find(".ruler");
    const { steps } = this.header;
    const pitch = ruler.clientWidth / Math.max(1, this.film.last);
    let free = 0;
    const ticks = steps.map((step, frame) => {
      const tick = make("div", "tick");
      tick.style.left = `${(100 * frame) / Math.max(1, this.film.last)}%`;
      const room = frame === 0 || frame === this.film.last || (this.film.last - frame) * pitch >= NUMBER_WIDTH;
      if (room && frame * pitch >= free) {
        tick.append(Object.assign(make("span", ""), { textContent: step.toLocaleString("en") }));
        free = frame * pitch + NUMBER_WIDTH;
      }
      return tick;
    });
    ruler.replaceChildren(...ticks);
  }

  moveTo(position) {
    this.position = position;
    this.slider.value = position;
    this.showButton();
    // For visitors who want less motion points jump from frame to frame.
    this.cloud.draw(this.film.at(calm() ? Math.round(position) : position), this.box, this.classes, this.theme);
    const frame = Math.round(position);
    if (frame !== this.frame) this.showFrame(frame);
  }

  showFrame(frame) {
    this.frame = frame;
    this.root.dataset.frame = frame;
    const { steps, loss, mse, enlarged } = this.header;
    const words = wordsOf(steps, frame);
    setText(this.find(".when"), words);
    this.slider.setAttribute("aria-valuetext", words);
    this.find(".dots").setAttribute("aria-label", `Codes of ${this.film.count} held-out images. ${words}`);
    setText(this.find(".loss"), loss[frame].toPrecision(3));
    setText(this.find(".mse"), mse[frame].toPrecision(3));
    setText(this.find(".size"), scaleWords(enlarged[frame]));
    this.made.forEach((canvas, index) => {
      const start = (frame * this.made.length + index) * PIXELS;
      paintDigit(canvas, this.reconstructions.subarray(start, start + PIXELS), 255);
    });
  }

  drag() {
    this.halt();
    this.moveTo(Number(this.slider.value));
  }

  glideTo(frame) {
    this.halt();
    const from = this.position;
    const to = Math.min(this.film.last, Math.max(0, frame));
    this.goal = this.heading = to;
    this.stopGlide = glide(GLIDE_MS, (t) => {
      this.moveTo(from + (to - from) * t);
      if (t === 1) this.heading = null;
    });
  }

  toggle() {
    if (this.playing) this.glideTo(Math.round(this.position));
    else this.play();
  }

  play() {
    if (this.film.last === 0) return;
    // Whoever is on the way to a frame begins there.
    const from = this.heading ?? this.position;
    this.halt();
    const begin = from >= this.film.last ? 0 : from;
    // Where points do not move, each frame is shown for the same time.
    const [pace, paceTime] = calm() ? [(share) => share, (time) => time] : [ease, timeOf];
    let time = paceTime(begin / this.film.last);
    this.moveTo(begin);
    this.playing = play(DURATION, (share) => {
      time = Math.min(1, time + share);
      this.moveTo(this.film.last * pace(time));
      if (time === 1) this.halt();
      return time < 1;
    });
    this.showButton();
  }

  /** Stop whatever moves, where it is. */
  halt() {
    this.stopGlide();
    this.playing?.();
    this.playing = this.heading = null;
    this.goal = Math.round(this.position);
    this.showButton();
  }

  showButton() {
    setText(this.button, this.playing ? "Pause" : this.film && this.position >= this.film.last ? "Play again" : "Play");
    this.root.toggleAttribute("data-playing", this.playing !== null);
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const here = this.playing ? Math.round(this.position) : this.goal;
    const actions = {
      " ": () => this.toggle(),
      ArrowRight: () => this.glideTo(here + 1),
      ArrowUp: () => this.glideTo(here + 1),
      ArrowLeft: () => this.glideTo(here - 1),
      ArrowDown: () => this.glideTo(here - 1),
      Home: () => this.glideTo(0),
      End: () => this.glideTo(this.film.last),
    };
    // A button that has the focus answers to the space bar by itself.
    if (!Object.hasOwn(actions, event.key) || (event.key === " " && event.target === this.button)) return;
    event.preventDefault();
    actions[event.key]();
  }
}

function wordsOf(steps, frame) {
  const step = steps[frame];
  if (step === 0) return "Before the first step: random weights";
  const words = `After ${step.toLocaleString("en")} step${step === 1 ? "" : "s"}`;
  return frame === steps.length - 1 ? `${words}: the last frame` : words;
}

function scaleWords(enlarged) {
  if (enlarged > SAME_SCALE) return `Drawn ${enlarged.toPrecision(2)} times larger than the last frame, so that one sees it.`;
  if (enlarged < 1 / SAME_SCALE) return `Drawn ${(1 / enlarged).toPrecision(2)} times smaller than the last frame, so that it fits.`;
  return "";
}
