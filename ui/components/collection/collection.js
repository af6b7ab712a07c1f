// Shows nothing: brings images and their codes to the tab, so that maps of them need not be sent either again.

import { giveUp, isExpected, keepCollection } from "../lib/page/collections.js";
import { floats, unpack } from "../lib/page/unpack.js";
import { PIXELS, SIDE } from "../lib/paint/pixels.js";
import { halfFloats } from "./half.js";

/** Images along each side of an atlas, as collection.py lays them out. */
const ATLAS_SIDE = 100;

/** Streamlit calls this when a collection comes, and at each later run of the page with the same data. */
export default function ({ data }) {
  const { header, blob } = unpack(data);
  if (!isExpected(header.name)) {
    read(header, blob).then(keepCollection, (error) => {
      giveUp(header.name);
      console.error("The images of this collection cannot be read.", error);
    });
  }
  return () => {};
}

async function read({ name, count, latentDim, half, classNames, usual }, blob) {
  const pixels = new Uint8Array(count * PIXELS);
  const size = ATLAS_SIDE ** 2;
  for (let start = 0; start < count; start += size) {
    await readAtlas(blob(`atlas${start / size}`), pixels.subarray(start * PIXELS, (start + size) * PIXELS));
  }
  const codes = half ? halfFloats(blob("codes")) : floats(blob("codes"));
  return {
    name, count, latentDim, classNames, usual, pixels, codes,
    errors: floats(blob("errors")),
    labels: blob("labels")?.slice() ?? null,
  };
}

/** From one picture of 100 images a row to image after image. Bytes, not bitmaps, are kept: a quarter of the memory. */
async function readAtlas(png, pixels) {
  // Any correction of colours would change the images.
  const how = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  const bitmap = await createImageBitmap(new Blob([png], { type: "image/png" }), how);
  // Asked for once: to ask a bitmap for its width at each pixel took longer than all else on the page.
  const { width } = bitmap;
  const canvas = Object.assign(document.createElement("canvas"), { width, height: SIDE });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const count = pixels.length / PIXELS;
  // A row of images at a time: the whole as RGBA would take 31 MB more.
  for (let first = 0; first < count; first += ATLAS_SIDE) {
    context.drawImage(bitmap, 0, (-first / ATLAS_SIDE) * SIDE);
    // A word a pixel, of which a byte keeps the lowest: the red of what is grey.
    const words = new Uint32Array(context.getImageData(0, 0, width, SIDE).data.buffer);
    const columns = Math.min(ATLAS_SIDE, count - first);
    for (let column = 0; column < columns; column++) {
      copyImage(words, column * SIDE, width, pixels, (first + column) * PIXELS);
    }
  }
  bitmap.close();
}

/** From words of a picture of some width, at a place of its first row, to the bytes of one image. */
function copyImage(words, from, width, pixels, to) {
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) pixels[to + row * SIDE + column] = words[from + row * width + column];
  }
}
