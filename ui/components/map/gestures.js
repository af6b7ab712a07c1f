// What fingers, mouse and wheel do on a map: pan, pinch, tap, draw an outline. Nothing of what it means is known here.

/** A press that moves less than this, in pixels, is a click. Fingers are less steady. */
const STEADY = { mouse: 4, pen: 6, touch: 10 };
/** How much one pixel of the wheel zooms. */
const WHEEL = 0.0022;
/** Pixels in a line of a wheel that counts lines. */
const LINE = 20;

/**
 * @typedef {{x: number, y: number}} Spot in pixels from the element's upper left corner
 * @typedef {object} Actions
 * @property {function(): string} tool "move", or else a drag draws
 * @property {function(number, number): void} pan by so many pixels
 * @property {function(number, Spot): void} zoom by a factor, at a spot
 * @property {function(Spot|null, string): void} hover the pointer is there; null when it has left
 * @property {function(Spot, string): void} tap with the kind of pointer
 * @property {function(Spot[], boolean): void} draw the path so far, and whether it is finished; [] when it is given up
 * @property {function(): void} settle a drag or pinch has ended
 * @property {function(string): void} refuse the page was moved by this kind of pointer, not the map
 */

export class Gestures {
  /**
   * @param {HTMLElement} element
   * @param {Actions} actions
   */
  constructor(element, actions) {
    Object.assign(this, { element, actions, down: new Map(), path: [], dragging: false, pinched: false });
    element.onpointerdown = (event) => this.press(event);
    element.onpointermove = (event) => this.move(event);
    element.onpointerup = (event) => this.release(event, false);
    element.onpointercancel = (event) => this.release(event, true);
    element.onpointerleave = (event) => {
      if (event.pointerType === "mouse") actions.hover(null, "mouse");
    };
    // A wheel belongs to the page, unless a key says that the map is meant. Pinching a touchpad comes with Ctrl too.
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    // So does a single finger, which could never get past the map otherwise. Two fingers are the map's.
    const twoFingers = (event) => event.touches.length > 1 && event.cancelable && event.preventDefault();
    element.addEventListener("touchmove", twoFingers, { passive: false });
  }

  spot(event) {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  press(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    const spot = this.spot(event);
    this.down.set(event.pointerId, { first: spot, last: spot });
    if (this.down.size === 1) Object.assign(this, { dragging: false, pinched: false, path: [spot] });
    if (this.down.size === 2) {
      // A second finger: what began as a drag is a pinch.
      if (this.dragging && this.actions.tool() !== "move") this.actions.draw([], true);
      Object.assign(this, { dragging: true, pinched: true });
    }
  }

  move(event) {
    const spot = this.spot(event);
    const pointer = this.down.get(event.pointerId);
    if (!pointer) {
      if (event.pointerType !== "touch") this.actions.hover(spot, event.pointerType);
      return;
    }
    const { last } = pointer;
    if (this.down.size >= 2) {
      this.pinch(event.pointerId, last, spot);
    } else if (this.pinched) {
      this.actions.pan(spot.x - last.x, spot.y - last.y);
    } else {
      const away = Math.hypot(spot.x - pointer.first.x, spot.y - pointer.first.y);
      const begins = !this.dragging && away > (STEADY[event.pointerType] ?? STEADY.touch);
      this.dragging ||= begins;
      if (!this.dragging) return;
      if (!this.isThePages(event)) this.drag(begins ? pointer.first : last, spot);
      else if (begins) this.actions.refuse("touch");
    }
    pointer.last = spot;
  }

  /** Whether what one finger does moves the page. */
  isThePages(event) {
    return event.pointerType === "touch" && !this.pinched && this.actions.tool() === "move";
  }

  drag(last, spot) {
    if (this.actions.tool() === "move") {
      this.actions.pan(spot.x - last.x, spot.y - last.y);
    } else {
      this.path.push(spot);
      this.actions.draw(this.path, false);
    }
  }

  pinch(id, last, spot) {
    const other = [...this.down].find(([key]) => key !== id)[1].last;
    const before = Math.hypot(last.x - other.x, last.y - other.y);
    const after = Math.hypot(spot.x - other.x, spot.y - other.y);
    this.actions.pan((spot.x - last.x) / 2, (spot.y - last.y) / 2);
    if (before > 1 && after > 1) {
      this.actions.zoom(after / before, { x: (spot.x + other.x) / 2, y: (spot.y + other.y) / 2 });
    }
  }

  release(event, cancelled) {
    const pointer = this.down.get(event.pointerId);
    if (!pointer) return;
    this.down.delete(event.pointerId);
    if (this.down.size) return;
    if (cancelled && this.isThePages(event)) this.actions.refuse("touch");
    const drawing = this.dragging && !this.pinched && this.actions.tool() !== "move";
    if (drawing) this.actions.draw(cancelled ? [] : this.path, true);
    else if (this.dragging) this.actions.settle();
    else if (!cancelled) this.actions.tap(this.spot(event), event.pointerType);
    this.dragging = false;
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return this.actions.refuse("mouse");
    event.preventDefault();
    // With Shift some systems report a wheel that goes sideways.
    const amount = (event.deltaY || event.deltaX) * (event.deltaMode === 1 ? LINE : 1);
    // A touchpad's pinch comes in small steps, a wheel's click in one of about a hundred.
    const factor = Math.exp(-WHEEL * amount * (Math.abs(amount) < 30 ? 4 : 1));
    this.actions.zoom(factor, this.spot(event));
    this.actions.settle();
  }
}
