// Grids of made images. The image in attention, and the training image nearest to it, stand large in the panel below.

import { make, setText } from "./dom.js";
import { PIXELS, paintDigit } from "./pixels.js";
import { floats, unpack } from "./unpack.js";

const ACROSS = 5;
const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -ACROSS, ArrowDown: ACROSS };

const shown = new WeakMap();

/** Streamlit calls this at first and again with each new set of images. */
export default function ({ data, parentElement }) {
  let samples = shown.get(parentElement);
  if (!samples) shown.set(parentElement, (samples = new Samples(parentElement.querySelector(".samples"))));
  samples.show(unpack(data));
  return () => {};
}

class Samples {
  constructor(root) {
    Object.assign(this, { root, cells: [], at: 0, layout: "" });
    root.onkeydown = (event) => this.onKey(event);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  show({ header, blob }) {
    this.items = header.sets.flatMap((set, place) => itemsOf(set, place, blob));
    this.farthest = 1.08 * Math.max(...this.items.map(({ distance, set }) => Math.max(distance, set.usual[2])));
    const layout = JSON.stringify(header.sets.map(({ name, grids }) => [name, grids]));
    if (layout !== this.layout) this.build(header.sets);
    this.layout = layout;
    this.items.forEach(({ image, grid, number }, index) => {
      paintDigit(this.cells[index], image, 255);
      this.cells[index].setAttribute("aria-label", `Sample ${number} from ${grid.title}`);
    });
    this.showTypical();
    this.attend(Math.min(this.at, this.items.length - 1));
  }

  build(sets) {
    const template = this.find("template").content.firstElementChild;
    this.cells = [];
    const each = this.items.length / sets.reduce((sum, set) => sum + set.grids.length, 0);
    const made = sets.map((set) => {
      const root = make("div", "set");
      root.append(Object.assign(make("h4", "name"), { textContent: set.name, hidden: sets.length < 2 }), make("div", "grids"));
      root.lastChild.append(...set.grids.map(({ title, note }) => {
        const grid = template.cloneNode(true);
        setText(grid.querySelector(".title"), title);
        setText(grid.querySelector(".note"), note);
        grid.querySelector(".cells").append(...Array.from({ length: each }, () => this.makeCell()));
        return grid;
      }));
      return root;
    });
    this.find(".sets").replaceChildren(...made);
  }

  makeCell() {
    const index = this.cells.length;
    const canvas = Object.assign(make("canvas", "cell"), { width: 28, height: 28, tabIndex: -1 });
    canvas.setAttribute("role", "img");
    canvas.onpointerenter = (event) => event.pointerType === "mouse" && this.attend(index);
    canvas.onclick = canvas.onfocus = () => this.attend(index);
    this.cells.push(canvas);
    return canvas;
  }

  showTypical() {
    const grids = [...this.root.querySelectorAll(".grid")];
    const each = this.items.length / grids.length;
    grids.forEach((grid, place) => {
      const sorted = this.items.slice(place * each, (place + 1) * each).map(({ distance }) => distance).sort((a, b) => a - b);
      setText(grid.querySelector(".typical"), `Median distance ${sorted[sorted.length >> 1].toFixed(2)}`);
    });
  }

  attend(index) {
    this.cells[this.at]?.classList.remove("here");
    this.cells.forEach((cell, place) => (cell.tabIndex = place === index ? 0 : -1));
    this.at = index;
    this.cells[index].classList.add("here");
    this.root.dataset.at = index;
    const { image, near, distance, set, grid, number, nearName } = this.items[index];
    this.paint(".sample", image, `Sample ${number} from ${grid.title}`);
    this.paint(".near", near, `Nearest training image: ${nearName}`);
    const whose = this.root.querySelectorAll(".set").length > 1 ? ` of ${set.name}` : "";
    setText(this.find(".what"), `${grid.title}${whose}, sample ${number}: distance ${distance.toFixed(2)} to ${nearName}.`);
    setText(this.find(".verdict"), verdictOf(distance, set.usual));
    const [low, median, high] = set.usual.map((value) => (100 * value) / this.farthest);
    this.find(".band").style.cssText = `left: ${low}%; width: ${high - low}%`;
    this.find(".median").style.left = `${median}%`;
    this.find(".mark").style.left = `${(100 * distance) / this.farthest}%`;
  }

  paint(selector, image, words) {
    paintDigit(this.find(selector), image, 255);
    this.find(selector).setAttribute("aria-label", words);
  }

  onKey(event) {
    if (!Object.hasOwn(ARROWS, event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.cells[Math.min(this.cells.length - 1, Math.max(0, this.at + ARROWS[event.key]))].focus();
  }
}

function itemsOf(set, place, blob) {
  const [images, nearest, distances] = [blob(`images${place}`).slice(), blob(`nearest${place}`).slice(), floats(blob(`distances${place}`))];
  const each = distances.length / set.grids.length;
  return Array.from(distances, (distance, index) => ({
    set,
    distance,
    grid: set.grids[Math.floor(index / each)],
    number: (index % each) + 1,
    image: images.subarray(index * PIXELS, (index + 1) * PIXELS),
    near: nearest.subarray(index * PIXELS, (index + 1) * PIXELS),
    nearName: set.nearestNames[index],
  }));
}

function verdictOf(distance, [low, median, high]) {
  const usual = `For 90 of 100 test images it is ${low.toFixed(2)} to ${high.toFixed(2)} (grey), and ${median.toFixed(2)} in the middle.`;
  if (distance < low) return `${usual} So this is close to a copy.`;
  if (distance > high) return `${usual} So this is unlike all training images.`;
  return `${usual} So this is no copy. Whether it is a digit, your eye can tell.`;
}
