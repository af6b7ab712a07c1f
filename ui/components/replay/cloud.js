// A thousand dots on a plain canvas, with each class's name at its middle.

import { classMedians } from "../lib/paint/medians.js";

const TAU = 2 * Math.PI;
/** Room around the box, in pixels, and the part of it where points outside of the box are drawn. */
const MARGIN = 30;
const RIM = 8;
/** Names that are nearer to each other than this, in pixels, are as good as one: they fade. */
const APART = 20;
const FAINTEST = 0.16;

export class Cloud {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /** Make the canvas as fine as the screen is. Returns whether there is room to draw on. */
  fit() {
    const { clientWidth } = this.canvas;
    this.fine = Math.min(2, window.devicePixelRatio || 1);
    const side = Math.round(clientWidth * this.fine);
    if (this.canvas.width !== side || this.canvas.height !== side) Object.assign(this.canvas, { width: side, height: side });
    this.side = clientWidth;
    return clientWidth > 0;
  }

  /**
   * @param {{xs: Float32Array, ys: Float32Array}} points
   * @param {{left: number, right: number, bottom: number, top: number}} box of what has to fit; what lies outside is drawn at the rim
   * @param {{labels: (Uint8Array|null), names: string[]}} classes
   * @param {import("../lib/paint/colours.js").Theme} theme
   */
  draw(points, box, { labels, names }, theme) {
    const { context, side } = this;
    context.setTransform(this.fine, 0, 0, this.fine, 0, 0);
    context.clearRect(0, 0, side, side);
    const scale = (side - 2 * MARGIN) / (Math.max(box.right - box.left, box.top - box.bottom) || 1);
    const inside = (at) => Math.min(side - RIM, Math.max(RIM, side / 2 + scale * at));
    const x = (value) => inside(value - (box.left + box.right) / 2);
    const y = (value) => inside((box.bottom + box.top) / 2 - value);
    const radius = Math.min(3.2, Math.max(2, side / 190));
    context.globalAlpha = 0.85;
    for (let i = 0; i < points.xs.length; i++) {
      context.fillStyle = labels ? theme.classes[labels[i] % theme.classes.length] : theme.primary;
      context.beginPath();
      context.arc(x(points.xs[i]), y(points.ys[i]), radius, 0, TAU);
      context.fill();
    }
    if (labels) this.drawNames(classMedians(points, labels, names), x, y, theme);
    context.globalAlpha = 1;
  }

  /** Names on top of one another cannot be read: each is as strong as it stands apart. */
  drawNames(medians, x, y, theme) {
    const { context } = this;
    const spots = medians.map((median) => ({ name: median.name, x: x(median.x), y: y(median.y) }));
    Object.assign(context, { lineJoin: "round", textAlign: "center", textBaseline: "middle" });
    for (const spot of spots) {
      const gaps = spots.filter((other) => other !== spot).map((other) => Math.hypot(other.x - spot.x, other.y - spot.y));
      const size = spot.name.length > 2 ? 13 : 19;
      context.globalAlpha = Math.min(1, Math.max(FAINTEST, Math.min(...gaps) / APART));
      context.font = `700 ${size}px ${theme.family}`;
      context.lineWidth = size / 3.5;
      context.strokeStyle = theme.background;
      context.strokeText(spot.name, spot.x, spot.y);
      context.fillStyle = theme.text;
      context.fillText(spot.name, spot.x, spot.y);
    }
  }
}
