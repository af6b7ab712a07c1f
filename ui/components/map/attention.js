// What the visitor attends to on a map: what the pointer is on, what is pinned, what is selected.

import { HIDDEN } from "../lib/paint/scatter.js";
import { placeOf } from "./painter.js";
import { pointsWithin, showSummary, summarize } from "./selection.js";
import { neighboursOf, subjectOf } from "./subject.js";

/** How near, in pixels, a point has to be to be meant. */
const REACH = { mouse: 12, pen: 14, touch: 20 };
/** A star is larger than a dot. */
const STAR_REACH = 14;

export class Attention {
  /**
   * @param {object} map view, points, space, stars, header, coloured, theme, range, panel, painter, root
   */
  constructor(map) {
    Object.assign(this, { map, hover: null, kept: null, near: null, selection: null, route: null, subject: null });
  }

  /** @returns {import("./subject.js").Target} what is meant at a spot of the screen */
  targetAt(spot, pointer) {
    const { view, points, stars, coloured, painter } = this.map;
    const { x, y } = view.toPlane(spot.x, spot.y);
    const away = (star) => Math.hypot(star.x - x, star.y - y) * view.scale;
    const star = stars.findIndex((one) => away(one) <= STAR_REACH);
    if (star >= 0) return { kind: "star", index: star };
    const digit = painter.digitAt(spot, view, points);
    if (digit >= 0) return { kind: "point", index: digit };
    const shown = (i) => coloured.colours[i] !== HIDDEN;
    const reach = (REACH[pointer] ?? REACH.mouse) / view.scale;
    const [point] = points.places().nearest(x, y, 1, reach, shown);
    return point ? { kind: "point", index: point.index } : { kind: "place", x, y };
  }

  /** The pointer is at a spot, or has left. What is shown last stays, so that nothing blinks. */
  pointAt(spot, pointer) {
    const { root } = this.map;
    this.hover = spot && this.targetAt(spot, pointer);
    root.dataset.hover = this.hover?.kind ?? "none";
    if (this.hover && !this.kept && !this.selection) this.show(this.hover);
  }

  show(target) {
    const { space, panel, range, barColours, header, stars, points } = this.map;
    this.subject = subjectOf(target, space, { ...header, stars, stretch: points.stretch });
    panel.show(this.subject, { range, colours: barColours });
  }

  /** @param {import("./subject.js").Target} target @param {object} route the neighbours one walks along, if one does */
  pin(target, route = null) {
    const { space, panel, root } = this.map;
    if (!space.collection) return;
    this.clear();
    this.show(target);
    this.kept = target;
    this.near = neighboursOf(this.subject, space);
    this.route = route ?? { from: target, along: this.near.byCode, step: 0 };
    root.dataset.kept = target.kind;
    panel.showNeighbours(this.near, space.collection);
  }

  /** After the points have moved or the network has come: the same thing, looked at again. */
  refresh() {
    const { space } = this.map;
    if (this.kept) this.pin(this.kept, this.route);
    else if (this.selection) this.showSelection(this.selection);
    else if (this.hover && space.collection) this.show(this.hover);
  }

  /** The page has sent other places, stars or colours for the same images. */
  update({ moved, repainted }) {
    const gone = (target) => target?.kind === "star" && target.index >= this.map.stars.length;
    if (gone(this.hover)) this.hover = null;
    if (gone(this.kept) || gone(this.route?.from)) this.clear();
    // What was outlined has moved out of its outline.
    if (moved && this.selection) this.selection.outline = null;
    if (repainted || (this.kept && this.kept.kind !== "point")) this.refresh();
  }

  /** Other images: no number of an image means the same any more. */
  leave() {
    this.clear();
    this.hover = this.subject = null;
  }

  /** Let go of what is pinned or selected. */
  clear() {
    const { panel, root } = this.map;
    Object.assign(this, { kept: null, near: null, selection: null, route: null });
    root.dataset.kept = "none";
    root.querySelector(".summary").hidden = true;
    root.querySelector(".detail").hidden = false;
    panel.showNeighbours(null, null);
  }

  /** The next of the images nearest to what was pinned first; one back from there is that itself. */
  walk(step) {
    if (!this.kept) return this.pinMiddle();
    const { route } = this;
    const length = route.along.length + 1;
    const next = { ...route, step: (route.step + step + length) % length };
    const target = next.step === 0 ? route.from : { kind: "point", index: route.along[next.step - 1].index };
    this.pin(target, next);
    this.bringIntoView(target);
  }

  pinMiddle() {
    const { view, points, coloured } = this.map;
    const shown = (i) => coloured.colours[i] !== HIDDEN;
    const [point] = points.places().nearest(view.middleX, view.middleY, 1, Infinity, shown);
    if (point) this.pin({ kind: "point", index: point.index });
  }

  bringIntoView(target) {
    const { view, points, stars } = this.map;
    const { x, y } = view.toScreen(...placeOf(target, points, stars));
    const edge = 20;
    if (x > edge && y > edge && x < view.width - edge && y < view.height - edge) return;
    view.panBy(view.width / 2 - x, view.height / 2 - y);
    this.map.changeView();
  }

  /** @param {{x: number, y: number}[]} path an outline on the screen */
  select(path) {
    const { view, points, space, coloured } = this.map;
    if (!space.collection) return;
    const outline = path.map(({ x, y }) => view.toPlane(x, y));
    const indices = pointsWithin(points, outline, (i) => coloured.colours[i] !== HIDDEN);
    this.clear();
    if (indices.length) this.showSelection({ indices, outline });
  }

  showSelection(selection) {
    const { space, theme, root } = this.map;
    this.selection = selection;
    root.dataset.kept = "selection";
    root.querySelector(".detail").hidden = true;
    root.querySelector(".summary").hidden = false;
    const { indices } = selection;
    showSummary(root.querySelector(".summary"), indices, summarize(indices, space), space.collection, theme);
  }
}
