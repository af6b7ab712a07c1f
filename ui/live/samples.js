// Grids of made images, a set for each codec. Beside each set a card shows one of its images large, and the training
// image nearest to it.

import { make, setText } from "./dom.js";
import { calm } from "./motion.js";
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
    Object.assign(this, { root, sets: [], layout: "" });
  }

  show({ header, blob }) {
    const contents = header.sets.map((set, place) => itemsOf(set, place, blob));
    const layout = JSON.stringify(header.sets.map(({ grids }, place) => [grids.length, contents[place].length]));
    if (layout !== this.layout) this.build(header.sets, contents);
    this.layout = layout;
    // One scale for all, so that the cards can be compared.
    const farthest = 1.08 * Math.max(...contents.flat().map(({ distance, usual }) => Math.max(distance, usual[2])));
    this.sets.forEach((set, place) => set.show(header.sets[place], contents[place], farthest));
    for (const { root } of this.sets) root.querySelector(".name").hidden = this.sets.length < 2;
  }

  build(headers, contents) {
    for (const { root } of this.sets) root.remove();
    const [whole, grid] = ["set", "grid"].map((name) => this.root.querySelector(`.${name}-template`).content.firstElementChild);
    this.sets = headers.map(({ grids }, place) => {
      const set = new OneSet(whole.cloneNode(true));
      const each = contents[place].length / grids.length;
      set.build(grids.map(() => grid.cloneNode(true)), each);
      return set;
    });
    this.root.append(...this.sets.map(({ root }) => root));
  }
}

/** The images of one codec with their card. */
class OneSet {
  constructor(root) {
    Object.assign(this, { root, cells: [], captions: [], items: [], at: 0 });
    root.onkeydown = (event) => this.onKey(event);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  build(grids, each) {
    for (const grid of grids) grid.querySelector(".cells").append(...Array.from({ length: each }, () => this.makeTile()));
    this.find(".grids").prepend(...grids);
  }

  makeTile() {
    const index = this.cells.length;
    const [tile, canvas, caption] = [make("div", "tile"), make("canvas", "cell"), make("span", "short")];
    Object.assign(canvas, { width: 28, height: 28, tabIndex: -1 }).setAttribute("role", "img");
    canvas.onpointerenter = (event) => {
      if (event.pointerType === "mouse") this.attend(index);
    };
    canvas.onfocus = () => this.attend(index);
    canvas.onclick = () => {
      this.attend(index);
      // On a phone the card may be just outside of what is seen.
      this.find(".card").scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    };
    tile.append(canvas, caption);
    this.cells.push(canvas);
    this.captions.push(caption);
    return tile;
  }

  show({ name, grids }, items, farthest) {
    Object.assign(this, { items, farthest });
    setText(this.find(".name"), name);
    items.forEach(({ image, caption }, index) => {
      paintDigit(this.cells[index], image, 255);
      this.cells[index].setAttribute("aria-label", this.nameOf(index));
      this.captions[index].hidden = !caption;
      setText(this.captions[index], caption?.short ?? "");
    });
    this.root.querySelectorAll(".grid").forEach((grid, place) => {
      const each = items.length / grids.length;
      setText(grid.querySelector(".title"), grids[place].title);
      setText(grid.querySelector(".note"), grids[place].note);
      setText(grid.querySelector(".typical"), `Median distance ${medianOf(items.slice(place * each, (place + 1) * each)).toFixed(2)}`);
    });
    this.attend(this.at);
  }

  nameOf(index) {
    const { title, number, caption } = this.items[index];
    return `${title}, sample ${number}${caption ? `: ${caption.full}` : ""}`;
  }

  attend(index) {
    this.cells[this.at].classList.remove("here");
    this.cells.forEach((cell, place) => (cell.tabIndex = place === index ? 0 : -1));
    this.at = index;
    this.cells[index].classList.add("here");
    this.root.dataset.at = index;
    const { image, near, distance, usual, title, number, nearName, caption } = this.items[index];
    this.paint(".sample", image, this.nameOf(index));
    this.paint(".near", near, `Nearest training image: ${nearName}`);
    setText(this.find(".which"), `${title}, sample ${number}`);
    this.find(".caption").hidden = !caption;
    setText(this.find(".caption"), caption?.full ?? "");
    setText(this.find(".what"), `Distance ${distance.toFixed(2)} to ${nearName}.`);
    setText(this.find(".verdict"), verdictOf(distance, usual));
    const [low, median, high] = usual.map((value) => (100 * value) / this.farthest);
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
    distance,
    usual: set.usual,
    title: set.grids[Math.floor(index / each)].title,
    number: (index % each) + 1,
    image: images.subarray(index * PIXELS, (index + 1) * PIXELS),
    near: nearest.subarray(index * PIXELS, (index + 1) * PIXELS),
    nearName: set.nearestNames[index],
    caption: set.captions[index],
  }));
}

function medianOf(items) {
  const sorted = items.map(({ distance }) => distance).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function verdictOf(distance, [low, median, high]) {
  const usual = `Of 100 test images 90 are at ${low.toFixed(2)} to ${high.toFixed(2)} (grey), half beyond ${median.toFixed(2)}.`;
  if (distance < low) return `${usual} So near are few: look whether this is a copy.`;
  if (distance > high) return `${usual} So this is unlike all training images.`;
  return `${usual} So this is no copy; whether it is a digit, your eye can tell.`;
}
