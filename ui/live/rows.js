// Originals above their reconstructions: one line of pairs, or two where there is little room. Painted in place, many
// times a second.

import { make, setText, takeColors } from "./dom.js";
import { PIXELS, paintDigit } from "./pixels.js";
import { unpack } from "./unpack.js";

/** Streamlit calls this at first and again with each new set of images; the canvases stay. */
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".rows");
  const { header, blob } = unpack(data);
  const pairs = root.querySelector(".pairs");
  takeColors(root);
  const count = header.labels.length;
  root.dataset.captions = String(header.captions !== null);
  if (header.title) root.setAttribute("aria-label", `${header.title}: originals and their reconstructions`);
  setText(root.querySelector(".title"), header.title);
  pairs.style.setProperty("--across", count);
  pairs.style.setProperty("--half", Math.ceil(count / 2));
  while (pairs.children.length > count) pairs.lastChild.remove();
  while (pairs.children.length < count) pairs.append(makePair());
  [...pairs.children].forEach((pair, index) => {
    const [original, reconstruction] = pair.querySelectorAll("canvas");
    const label = header.labels[index];
    const caption = header.captions?.[index] ?? "";
    show(original, blob("originals"), index, `Original, label ${label}`);
    show(reconstruction, blob("reconstructions"), index, `Reconstruction, label ${label}${caption && `, ${caption}`}`);
    setText(pair.querySelector(".label"), label);
    setText(pair.querySelector(".caption"), caption);
  });
  return () => {};
}

function makePair() {
  const pair = make("div", "pair");
  for (const role of ["original", "reconstruction"]) {
    const canvas = Object.assign(make("canvas", role), { width: 28, height: 28 });
    canvas.setAttribute("role", "img");
    pair.append(canvas);
  }
  pair.append(make("span", "label"), make("span", "caption"));
  return pair;
}

function show(canvas, images, index, words) {
  paintDigit(canvas, images.subarray(index * PIXELS, (index + 1) * PIXELS), 255);
  canvas.setAttribute("aria-label", words);
}
