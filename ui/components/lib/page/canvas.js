// The drawing canvas is another component's. Its shadow roots are open, so that we can read its pixels in mid-stroke and
// press its own buttons, and need no message to the server for either.

const LAYERS = ".dc-canvas, .upper-canvas";

/**
 * The canvas in the container that Streamlit names after `key`.
 * @param {string} key
 * @returns {HTMLElement|null} null while it is not on the page
 */
export function containerOf(key) {
  return document.querySelector(`.st-key-${key}`);
}

/**
 * All that matches in `root` and in the shadow roots below it.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {Element[]}
 */
export function deepQuery(root, selector) {
  const found = [...root.querySelectorAll(selector)];
  for (const element of root.querySelectorAll("*")) {
    if (element.shadowRoot) found.push(...deepQuery(element.shadowRoot, selector));
  }
  return found;
}

/** Reads a drawing canvas: what is drawn, and the stroke that is not finished, which is on a layer of its own. */
export class CanvasReader {
  /** @param {string} key of the canvas */
  constructor(key) {
    this.key = key;
    this.layers = [];
    // Ours to read back: reading the canvas itself would make some browsers move it between processors all the time.
    this.context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    this.last = null;
  }

  /**
   * @returns {{rgba: Uint8ClampedArray, width: number, height: number}|null} null while there is no canvas; the same
   *   object as the last time if nothing has changed since.
   */
  read() {
    if (!this.layers.length || !this.layers.every((layer) => layer.isConnected)) this.find();
    const [first] = this.layers;
    if (!first?.width) return null;
    const { canvas } = this.context;
    if (canvas.width !== first.width || canvas.height !== first.height) {
      Object.assign(canvas, { width: first.width, height: first.height });
    }
    this.context.clearRect(0, 0, canvas.width, canvas.height);
    for (const layer of this.layers) this.context.drawImage(layer, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = this.context.getImageData(0, 0, canvas.width, canvas.height);
    if (!this.last || !sameBytes(data, this.last.rgba)) this.last = { rgba: data, width, height };
    return this.last;
  }

  find() {
    const container = containerOf(this.key);
    this.layers = container ? deepQuery(container, LAYERS) : [];
  }
}

/** Whether two images of whole pixels are equal: four bytes at a time. */
function sameBytes(one, other) {
  if (one.length !== other.length) return false;
  const [a, b] = [one, other].map((bytes) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
