// What is drawn over the dots of a map: axes, names of classes, stars, pins, outlines. Few things, so the canvas's own
// strokes are fast enough.

const TAU = 2 * Math.PI;
/** Pixels between the numbers along an axis, at least. */
const TICK_GAP = 90;
/** Of a five-pointed star, in pixels; its inner corners lie at the share of a pentagram. */
const STAR = 12;
const INNER = 0.382;

/** @typedef {{x: number, y: number}} Spot in pixels of the screen */

export class Overlay {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /**
   * Begin anew.
   * @param {{width: number, height: number}} view
   * @param {number} fine pixels of the canvas to one of the screen
   * @param {import("../lib/paint/colours.js").Theme} theme
   */
  begin(view, fine, theme) {
    Object.assign(this, { view, theme });
    const { context } = this;
    context.setTransform(fine, 0, 0, fine, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    context.lineJoin = "round";
    context.textBaseline = "middle";
  }

  /** Text that can be read on any dots. */
  text(words, x, y, { size = 12, weight = 400, align = "left", colour = this.theme.text } = {}) {
    const { context, theme } = this;
    context.font = `${weight} ${size}px ${theme.family}`;
    context.textAlign = align;
    context.lineWidth = size / 3.5;
    context.strokeStyle = theme.background;
    context.strokeText(words, x, y);
    context.fillStyle = colour;
    context.fillText(words, x, y);
  }

  /** A line that can be seen on any dots. `trace` makes its path. */
  line(trace, { colour = this.theme.text, width = 1.5, halo = 2 } = {}) {
    const { context, theme } = this;
    context.beginPath();
    trace(context);
    if (halo) {
      context.lineWidth = width + halo;
      context.strokeStyle = theme.background;
      context.stroke();
    }
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }

  /**
   * Numbers along the lower and the left edge.
   * @param {[string, string]} names of both axes
   * @param {boolean} flat whether only the first means something
   */
  axes([across, up], flat) {
    const { view, theme } = this;
    const { width, height } = view;
    const seen = view.seen();
    const tick = { size: 11, colour: theme.muted };
    const mark = { colour: theme.muted, width: 1 };
    for (const value of ticks(seen.left, seen.right, width / TICK_GAP)) {
      const { x } = view.toScreen(value, 0);
      if (x < 30 || x > width - 16) continue;
      this.line((context) => (context.moveTo(x, height), context.lineTo(x, height - 5)), mark);
      this.text(shortest(value), x, height - 13, { ...tick, align: "center" });
    }
    this.text(across, width - 8, height - 29, { ...tick, align: "right" });
    if (flat) return;
    for (const value of ticks(seen.bottom, seen.top, height / TICK_GAP)) {
      const { y } = view.toScreen(0, value);
      if (y < 30 || y > height - 26) continue;
      this.line((context) => (context.moveTo(0, y), context.lineTo(5, y)), mark);
      this.text(shortest(value), 9, y, tick);
    }
    this.text(up, 9, 13, tick);
  }

  /** @param {string} name @param {Spot} spot */
  className(name, { x, y }) {
    this.text(name, x, y, { size: name.length > 2 ? 14 : 19, weight: 700, align: "center" });
  }

  /** @param {string} name @param {Spot} spot @param {boolean} strong whether it is pointed at or pinned */
  star(name, { x, y }, strong) {
    const size = strong ? STAR * 1.3 : STAR;
    const trace = (context) => {
      for (let corner = 0; corner < 10; corner++) {
        const angle = (TAU * corner) / 10 - TAU / 4;
        const radius = corner % 2 ? size * INNER : size;
        context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
      }
      context.closePath();
    };
    this.line(trace, { colour: this.theme.background, width: 4, halo: 0 });
    this.context.fillStyle = this.theme.text;
    this.context.fill();
    const left = x > this.view.width - 110;
    this.text(name, left ? x - size - 5 : x + size + 5, y, { size: 13, weight: 600, align: left ? "right" : "left" });
  }

  /** @param {Spot} spot @param {number} radius */
  ring({ x, y }, radius) {
    this.line((context) => context.arc(x, y, radius, 0, TAU), { width: 2 });
  }

  /**
   * What is pinned, with lines to the images whose codes are nearest: on a true map these are short.
   * @param {Spot & {radius: number}} spot with the radius of the circle around it
   * @param {(Spot & {radius: number})[]} neighbours
   */
  pin({ x, y, radius }, neighbours) {
    for (const spot of neighbours) {
      const away = Math.hypot(spot.x - x, spot.y - y);
      const at = (distance) => [x + ((spot.x - x) * distance) / away, y + ((spot.y - y) * distance) / away];
      const trace = (context) => (context.moveTo(...at(radius)), context.lineTo(...at(away - spot.radius)));
      if (away > radius + spot.radius) this.line(trace, { width: 1, halo: 1 });
      this.ring(spot, spot.radius);
    }
    this.line((context) => context.arc(x, y, radius, 0, TAU), { width: 2.5 });
    this.cross({ x, y }, radius, radius + 6);
  }

  /** Four short lines towards a spot. */
  cross({ x, y }, from, to) {
    const trace = (context) => {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + from * dx, y + from * dy);
        context.lineTo(x + to * dx, y + to * dy);
      }
    };
    this.line(trace, { width: 2 });
  }

  /** @param {Spot[]} path closed */
  outline(path) {
    const trace = (context) => {
      for (const { x, y } of path) context.lineTo(x, y);
      context.closePath();
    };
    const { context, theme } = this;
    context.save();
    context.globalAlpha = 0.12;
    context.beginPath();
    trace(context);
    context.fillStyle = theme.primary;
    context.fill();
    context.restore();
    this.line(trace, { width: 1.5 });
  }
}

/** Round numbers between two, about `count` of them. */
function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((value) => value >= raw);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => (first + i) * step);
}

function shortest(value) {
  return String(Number(value.toPrecision(10))).replace("-", "−");
}
