// Which part of a plane is seen, and how large. Both axes have the same scale.

const MARGIN = 0.05;
const MOST_ZOOM = 2000;
const LEAST_ZOOM = 0.25;

/** @typedef {{left: number, right: number, bottom: number, top: number}} Bounds */

/**
 * Zoom and middle are kept relative to the bounds of the points: while these grow, as in t-SNE, the same points stay
 * in view.
 */
export class View {
  constructor() {
    this.bounds = { left: -1, right: 1, bottom: -1, top: 1 };
    Object.assign(this, { width: 1, height: 1, zoom: 1, across: 0, up: 0 });
  }

  /** Screen pixels to one unit of the plane. */
  get scale() {
    const { left, right, bottom, top } = this.bounds;
    const fit = Math.min(this.width / (right - left || 1e-9), this.height / (top - bottom || 1e-9));
    return fit * (1 - 2 * MARGIN) * this.zoom;
  }

  /** The larger side of the bounds, in units of the plane. */
  get span() {
    const { left, right, bottom, top } = this.bounds;
    return Math.max(right - left, top - bottom) || 1;
  }

  get middleX() {
    return (this.bounds.left + this.bounds.right) / 2 + this.across * this.span;
  }

  get middleY() {
    return (this.bounds.bottom + this.bounds.top) / 2 + this.up * this.span;
  }

  toScreen(x, y) {
    const { scale } = this;
    return { x: this.width / 2 + (x - this.middleX) * scale, y: this.height / 2 - (y - this.middleY) * scale };
  }

  toPlane(x, y) {
    const { scale } = this;
    return { x: this.middleX + (x - this.width / 2) / scale, y: this.middleY - (y - this.height / 2) / scale };
  }

  /** Move what is seen by so many pixels of the screen; its middle never leaves the points by more than their span. */
  panBy(dx, dy) {
    const limit = (value) => Math.min(1, Math.max(-1, value));
    this.across = limit(this.across - dx / this.scale / this.span);
    this.up = limit(this.up + dy / this.scale / this.span);
  }

  /** Zoom so that what is at (x, y) on the screen stays there. */
  zoomAt(factor, x = this.width / 2, y = this.height / 2) {
    const before = this.toPlane(x, y);
    this.zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.zoom * factor));
    const after = this.toScreen(before.x, before.y);
    this.panBy(x - after.x, y - after.y);
  }

  /** See all points. */
  fit() {
    Object.assign(this, { zoom: 1, across: 0, up: 0 });
  }

  /** Zoom in until a box on the screen fills it. */
  zoomTo({ x, y, width, height }) {
    const factor = Math.min(this.width / Math.max(width, 4), this.height / Math.max(height, 4));
    this.panBy(this.width / 2 - (x + width / 2), this.height / 2 - (y + height / 2));
    this.zoomAt(factor);
  }

  /** The part of the plane that is seen. */
  seen() {
    const [a, b] = [this.toPlane(0, this.height), this.toPlane(this.width, 0)];
    return { left: a.x, bottom: a.y, right: b.x, top: b.y };
  }
}
