// Which digits to show instead of dots: as many as find room without covering one another.

/** Digits at most on the screen at a time. */
const MOST = 1500;
/** Digits come by themselves once they would cover this share of the map, and go again at the second. */
const ENTER = 0.45;
const LEAVE = 0.6;
/** Where there is room for more, they are so many times as large. */
const LARGEST = 2;

/** Within such a part of a doubling of the scale the same digits stay. */
const STEPS = 4;

export class Sprites {
  constructor() {
    Object.assign(this, { chosen: [], key: "", times: 0 });
  }

  /**
   * How large digits may be, so few points are seen.
   * @param {number} seen points on the screen
   * @param {number} side of a digit
   * @param {{width: number, height: number}} view
   * @returns {number} how many times their side; 0 where dots are better
   */
  decide(seen, side, { width, height }) {
    let times = seen > 0 ? LARGEST : 0;
    const share = () => (seen * (times * side) ** 2) / (width * height);
    while (times && share() >= (times <= this.times ? LEAVE : ENTER)) times--;
    this.times = times;
    return times;
  }

  /**
   * Points whose digits do not touch, chosen over the whole plane: what is chosen then stays while one pans, and within
   * steps of zooming.
   * @param {import("./points.js").Points} points
   * @param {function(number): boolean} drawn which points are
   * @param {number} scale pixels to a unit of the plane
   * @param {number} side of a digit with its frame, in pixels
   * @param {string} version of points and colours
   * @returns {number[]} indices
   */
  choose(points, drawn, scale, side, version) {
    const level = Math.floor(STEPS * Math.log2(scale / side));
    const key = `${level} ${version}`;
    if (key === this.key) return this.chosen;
    this.key = key;
    this.chosen = spaced(points, drawn, 2 ** (-level / STEPS));
    return this.chosen;
  }

  /**
   * @param {number[]} chosen
   * @param {function(number): boolean} seen
   * @returns {number[]} those on the screen
   */
  onScreen(chosen, seen) {
    const shown = [];
    for (let k = 0; k < chosen.length && shown.length < MOST; k++) if (seen(chosen[k])) shown.push(chosen[k]);
    return shown;
  }
}

/** In the order in which dots are drawn, each point that is at least `gap` away, across or up, from those before it. */
function spaced({ xs, ys, order, bounds }, drawn, gap) {
  const taken = new Map();
  const columns = 3 + Math.ceil((bounds.right - bounds.left) / gap);
  const chosen = [];
  for (const i of order) {
    if (!drawn(i)) continue;
    // Cells as large as the gap hold one point each.
    const row = Math.floor((ys[i] - bounds.bottom) / gap) + 1;
    const cell = Math.floor((xs[i] - bounds.left) / gap) + 1 + columns * row;
    if (taken.has(cell) || touches(taken, cell, columns, xs, ys, i, gap)) continue;
    taken.set(cell, i);
    chosen.push(i);
  }
  return chosen;
}

function touches(taken, cell, columns, xs, ys, i, gap) {
  for (let row = -1; row <= 1; row++) {
    for (let column = -1; column <= 1; column++) {
      const other = taken.get(cell + row * columns + column);
      if (other === undefined) continue;
      if (Math.abs(xs[other] - xs[i]) < gap && Math.abs(ys[other] - ys[i]) < gap) return true;
    }
  }
  return false;
}
