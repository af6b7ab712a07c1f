// Which points lie near a place on the map: a grid of cells, each with the points in it.

/** Points in a cell, on average: fewer cells are faster to fill, more are faster to ask. */
const PER_CELL = 3;

export class Places {
  /**
   * @param {Float32Array} xs
   * @param {Float32Array} ys
   * @param {{left: number, right: number, bottom: number, top: number}} bounds that hold all of them
   */
  constructor(xs, ys, bounds) {
    Object.assign(this, { xs, ys });
    this.left = bounds.left;
    this.bottom = bounds.bottom;
    const width = bounds.right - bounds.left || 1e-9;
    const height = bounds.top - bounds.bottom || 1e-9;
    const cells = Math.max(1, xs.length / PER_CELL);
    // Square cells, but no more of them along a side than a narrow strip can use.
    this.size = Math.max(Math.sqrt((width * height) / cells), Math.max(width, height) / cells);
    this.columns = Math.floor(width / this.size) + 1;
    this.rows = Math.floor(height / this.size) + 1;
    this.fill();
  }

  /** Points sorted by cell: those of cell c are members[starts[c]] to members[starts[c + 1]]. */
  fill() {
    const { xs, ys, columns, rows } = this;
    const cellOf = new Int32Array(xs.length);
    this.starts = new Int32Array(columns * rows + 1);
    for (let i = 0; i < xs.length; i++) {
      cellOf[i] = this.row(ys[i]) * columns + this.column(xs[i]);
      this.starts[cellOf[i] + 1]++;
    }
    for (let c = 0; c < columns * rows; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    this.members = new Int32Array(xs.length);
    for (let i = 0; i < xs.length; i++) this.members[next[cellOf[i]]++] = i;
  }

  column(x) {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.left) / this.size)));
  }

  row(y) {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.bottom) / this.size)));
  }

  /**
   * The points nearest to a place, nearest first.
   * @param {number} x
   * @param {number} y
   * @param {number} count how many are wanted
   * @param {number} within no further away than this
   * @param {function(number): boolean} [accept] which points count
   * @returns {{index: number, distance: number}[]}
   */
  nearest(x, y, count, within = Infinity, accept = () => true) {
    const found = [];
    let limit = within * within;
    const [column, row] = [this.column(x), this.row(y)];
    const last = Math.max(column, this.columns - 1 - column, row, this.rows - 1 - row);
    // From outside of the grid even the nearest cell is this far away.
    const outside = this.distanceTo(x, y);
    // Cells in squares around the place; all in the next square are at least so far away.
    for (let ring = 0; ring <= last; ring++) {
      const away = Math.max(outside, (ring - 1) * this.size);
      if (ring > 0 && away * away > limit) break;
      this.eachCell(column, row, ring, (cell) => {
        for (let k = this.starts[cell]; k < this.starts[cell + 1]; k++) {
          const index = this.members[k];
          const distance = (this.xs[index] - x) ** 2 + (this.ys[index] - y) ** 2;
          if (distance > limit || !accept(index)) continue;
          let place = found.length;
          while (place > 0 && found[place - 1].distance > distance) place--;
          found.splice(place, 0, { index, distance });
          if (found.length > count) found.pop();
          if (found.length === count) limit = Math.min(limit, found[count - 1].distance);
        }
      });
    }
    return found.map(({ index, distance }) => ({ index, distance: Math.sqrt(distance) }));
  }

  distanceTo(x, y) {
    const beyond = (value, low, count) => Math.max(0, low - value, value - (low + count * this.size));
    return Math.hypot(beyond(x, this.left, this.columns), beyond(y, this.bottom, this.rows));
  }

  eachCell(column, row, ring, visit) {
    for (let r = Math.max(0, row - ring); r <= Math.min(this.rows - 1, row + ring); r++) {
      const edge = Math.abs(r - row) === ring;
      for (let c = column - ring; c <= column + ring; c += edge || ring === 0 ? 1 : 2 * ring) {
        if (c >= 0 && c < this.columns) visit(r * this.columns + c);
      }
    }
  }
}
