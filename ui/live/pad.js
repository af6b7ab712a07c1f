// For codes of two numbers: the plane they live in, with the digits' own codes in it and a point to drag.

import { makeSvg } from "./dom.js";

const SIDE = 100;
const MARGIN = 5;

/**
 * @param {SVGSVGElement} svg
 * @param {function(number, number): void} onMove called with the two numbers under the finger
 */
export function createPad(svg, onMove) {
  let range = null;
  let point = null;
  svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);

  const across = (dim, value) => {
    const share = (value - range.mins[dim]) / (range.maxs[dim] - range.mins[dim] || 1);
    return MARGIN + share * (SIDE - 2 * MARGIN);
  };
  const drop = (event) => {
    const box = svg.getBoundingClientRect();
    const value = (dim, share) => {
      const within = (share * SIDE - MARGIN) / (SIDE - 2 * MARGIN);
      return range.mins[dim] + within * (range.maxs[dim] - range.mins[dim]);
    };
    onMove(value(0, (event.clientX - box.left) / box.width), value(1, (box.bottom - event.clientY) / box.height));
  };
  svg.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    drop(event);
  };
  svg.onpointermove = (event) => svg.hasPointerCapture(event.pointerId) && drop(event);

  return {
    /** Place the digits' codes (flat, two numbers each) as their labels. */
    draw(codes, labels, newRange) {
      range = newRange;
      const texts = labels.map((label, i) => {
        const text = makeSvg("text", { class: "neighbour", x: across(0, codes[2 * i]), y: SIDE - across(1, codes[2 * i + 1]) });
        text.textContent = label.slice(0, 2);
        return text;
      });
      point = makeSvg("circle", { class: "point", r: 4 });
      svg.replaceChildren(...texts, point);
    },
    /** Put the point where the code is. */
    show([x, y]) {
      point.setAttribute("cx", across(0, x));
      point.setAttribute("cy", SIDE - across(1, y));
    },
  };
}
