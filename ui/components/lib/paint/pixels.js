// Digits on canvases: white on black, one canvas pixel per image pixel, scaled up crisply by the style sheet.

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
const CELL = 8;

let shared = null;

/** One picture that every painting writes to: a new one 60 times a second would only feed the garbage collector. */
function scratch() {
  if (!shared) {
    const picture = new ImageData(SIDE, SIDE);
    shared = { picture, words: new Uint32Array(picture.data.buffer) };
  }
  return shared;
}

/**
 * Paint an image of 784 values on a 28 x 28 canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} white the value of a white pixel: 255 for bytes, 1 for what a network gives
 */
export function paintDigit(canvas, values, white) {
  const { picture, words } = scratch();
  const scale = 255 / white;
  for (let i = 0; i < PIXELS; i++) {
    const value = values[i] * scale;
    const level = value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
    words[i] = 0xff000000 | (level << 16) | (level << 8) | level;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/**
 * Paint where an image differs from its original: missing ink as full cells, added ink as small ones, so that the two
 * are told apart without their colours.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} original 0..1
 * @param {Float32Array} image 0..1
 * @param {{original: string, reconstruction: string}} colors of the two images
 */
export function paintError(canvas, original, image, colors) {
  const context = canvas.getContext("2d");
  context.globalAlpha = 1;
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE * CELL, SIDE * CELL);
  for (const [sign, color, inset] of [[1, colors.original, 0], [-1, colors.reconstruction, CELL / 4]]) {
    context.fillStyle = color;
    for (let i = 0; i < PIXELS; i++) {
      const difference = sign * (original[i] - image[i]);
      if (difference < 0.04) continue;
      context.globalAlpha = Math.min(1, 0.25 + 1.6 * difference);
      const side = CELL - 2 * inset;
      context.fillRect((i % SIDE) * CELL + inset, Math.floor(i / SIDE) * CELL + inset, side, side);
    }
  }
}

/**
 * @param {Float32Array} original
 * @param {Float32Array} image
 * @returns {number} mean squared error
 */
export function meanSquaredError(original, image) {
  let sum = 0;
  for (let i = 0; i < PIXELS; i++) sum += (original[i] - image[i]) ** 2;
  return sum / PIXELS;
}
