// Pictures with operators between them: what a sum of codes looks like, term by term.

import { component } from "../lib/page/component.js";
import { setText } from "../lib/page/dom.js";
import { unpack } from "../lib/page/unpack.js";
import { PIXELS, paintDigit } from "../lib/paint/pixels.js";

const FILES = { page: "./equation.html", styles: ["../lib/page/base.css", "./equation.css"] };

/** Streamlit calls this at first and again with other terms; the canvases stay. */
export default await component(import.meta.url, FILES, ({ data, parentElement }) => {
  const root = parentElement.querySelector(".equation");
  const { header, blob } = unpack(data);
  const terms = root.querySelector(".terms");
  const template = root.querySelector("template").content.firstElementChild;
  while (terms.children.length > header.terms.length) terms.lastChild.remove();
  while (terms.children.length < header.terms.length) terms.append(template.cloneNode(true));
  header.terms.forEach(({ sign, name }, index) => {
    const figure = terms.children[index];
    const canvas = figure.querySelector("canvas");
    paintDigit(canvas, blob("images").subarray(index * PIXELS, (index + 1) * PIXELS), 255);
    canvas.setAttribute("aria-label", `${sign} ${name}`.trim());
    setText(figure.querySelector(".sign"), sign);
    setText(figure.querySelector("figcaption"), name);
  });
  return () => {};
});
