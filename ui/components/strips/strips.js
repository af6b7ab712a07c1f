// Rows of the same images as several codecs give them back, painted in place.

import { component } from "../lib/page/component.js";
import { make, setText, takeColors } from "../lib/page/dom.js";
import { unpack } from "../lib/page/unpack.js";
import { PIXELS, paintDigit } from "../lib/paint/pixels.js";

const FILES = { page: "./strips.html", styles: ["../lib/page/base.css", "./strips.css"] };

/** Streamlit calls this at first and again with each new set of images; the canvases stay. */
export default await component(import.meta.url, FILES, ({ data, parentElement }) => {
  const root = parentElement.querySelector(".strips");
  const { header, blob } = unpack(data);
  takeColors(root);
  fit(root, header.strips.length, makeStrip);
  header.strips.forEach(({ name, color, captions }, row) => {
    const strip = root.children[row];
    if (color) strip.style.setProperty("--color", color);
    else strip.style.removeProperty("--color");
    setText(strip.querySelector(".name"), name);
    const figures = strip.querySelector(".images");
    fit(figures, captions.length, makeImage);
    captions.forEach((caption, index) => {
      const [canvas, words] = figures.children[index].children;
      paintDigit(canvas, blob(String(row)).subarray(index * PIXELS, (index + 1) * PIXELS), 255);
      canvas.setAttribute("aria-label", `${name}, ${caption}`);
      setText(words, caption);
    });
  });
  return () => {};
});

function fit(parent, count, makeChild) {
  while (parent.children.length > count) parent.lastChild.remove();
  while (parent.children.length < count) parent.append(makeChild());
}

function makeStrip() {
  const strip = make("div", "strip");
  strip.append(make("span", "name"), make("div", "images"));
  return strip;
}

function makeImage() {
  const image = make("div", "image");
  const canvas = Object.assign(make("canvas", "digit"), { width: 28, height: 28 });
  canvas.setAttribute("role", "img");
  image.append(canvas, make("span", "caption"));
  return image;
}
