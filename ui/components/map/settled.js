// What a visitor has settled on in a map: its colours, digits, the decoded grid, what is pinned. An address can bring it,
// and the server hears of it when the hand has come to rest.

/** Milliseconds without another change. */
const REST = 400;
const DRAWING = "drawing";

export class Settled {
  /** @param {object} map controls, attention, space, stars */
  constructor(map) {
    Object.assign(this, { map, given: null, pin: "", known: "", timer: 0, send: () => {} });
  }

  /**
   * Take what an address has brought, before the map is coloured.
   * @param {{given: number, view: ({colour: string, grid: number, digits: boolean, pin: string}|null)}} header
   */
  take({ given, view }) {
    if (given === this.given || !view) return;
    this.stop();
    Object.assign(this, { given, pin: view.pin, known: JSON.stringify(view) });
    this.map.controls.take(view);
    if (this.map.attention.kept) this.map.attention.clear();
  }

  /** Pin what an address names as soon as it is here. */
  pinGiven() {
    const { attention, space, stars } = this.map;
    if (!this.pin || !space.collection || (this.pin === DRAWING && !stars.length)) return;
    const target = targetOf(this.pin);
    this.pin = "";
    attention.pin(target);
    attention.bringIntoView(target);
  }

  /** The visitor has changed something; where no address brings anything, nobody wants to know. */
  tell() {
    if (this.given === null) return;
    this.pin = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const view = { ...this.map.controls.view, pin: textOf(this.map.attention.kept) };
      const text = JSON.stringify(view);
      if (text !== this.known) this.send(view);
      this.known = text;
    }, REST);
  }

  stop() {
    clearTimeout(this.timer);
  }
}

/** @returns {import("./subject.js").Target} */
function targetOf(text) {
  if (text === DRAWING) return { kind: "star", index: 0 };
  const [first, x, y] = text.split("~");
  return first === "at" ? { kind: "place", x: Number(x), y: Number(y) } : { kind: "point", index: Number(first) };
}

function textOf(target) {
  if (!target) return "";
  if (target.kind === "star") return DRAWING;
  return target.kind === "point" ? `${target.index}` : `at~${target.x.toPrecision(4)}~${target.y.toPrecision(4)}`;
}
