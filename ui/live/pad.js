import { makeSvg } from "./dom.js";

const SIDE = 100;
const MARGIN = 5;

/** For codes of two numbers: the plane they live in, with the digits' own codes in it and a point to drag. */
export class Pad {
  /**
   * @param {SVGSVGElement} svg
   * @param {function(number, number): void} onMove called with the two numbers under the finger
   */
  constructor(svg, onMove) {
    this.svg = svg;
    svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
    const drop = (event) => {
      const box = svg.getBoundingClientRect();
      const x = this.value(0, (event.clientX - box.left) / box.width);
      const y = this.value(1, (box.bottom - event.clientY) / box.height);
      onMove(x, y);
    };
    svg.onpointerdown = (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      svg.setPointerCapture(event.pointerId);
      drop(event);
    };
    svg.onpointermove = (event) => {
    if (svg.hasPointerCapture(event.pointerId)) drop(event);
  };
  }

  /** Place the digits' codes (flat, two numbers each) as their labels. */
  draw(codes, labels, range) {
    this.range = range;
    const texts = labels.map((label, i) => {
      const x = this.across(0, codes[2 * i]);
      const y = SIDE - this.across(1, codes[2 * i + 1]);
      const text = makeSvg("text", { class: "neighbour", x, y });
      text.textContent = label.slice(0, 2);
      return text;
    });
    this.point = makeSvg("circle", { class: "point", r: 4 });
    this.svg.replaceChildren(...texts, this.point);
  }

  /** Put the point where the code is, or at the edge nearest to it: the bars reach further than the digits do. */
  show([x, y]) {
    const visible = (at) => Math.min(SIDE - MARGIN, Math.max(MARGIN, at));
    this.point.setAttribute("cx", visible(this.across(0, x)));
    this.point.setAttribute("cy", SIDE - visible(this.across(1, y)));
  }

  across(dim, value) {
    const { mins, maxs } = this.range;
    return MARGIN + ((value - mins[dim]) / (maxs[dim] - mins[dim] || 1)) * (SIDE - 2 * MARGIN);
  }

  value(dim, share) {
    const { mins, maxs } = this.range;
    const within = Math.min(1, Math.max(0, (share * SIDE - MARGIN) / (SIDE - 2 * MARGIN)));
    return mins[dim] + within * (maxs[dim] - mins[dim]);
  }
}
