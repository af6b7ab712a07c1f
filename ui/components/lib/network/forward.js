// The forward pass of our networks in the browser, as Keras computes it: the same layers, the same padding, the same
// activations. Every layer ends in the same inner loop, `addRows`, so there is one place to keep fast.

const KERNEL_SIZE = 3;
const WEIGHTED = new Set(["dense", "conv", "conv_transpose"]);

/**
 * One layer, ready to run. `out` is allocated once and written over by every forward pass.
 * @typedef {{kind: string, shape: number[], activation: string, out: Float32Array,
 *   run: function(Float32Array): Float32Array}} Layer
 */

/**
 * The layers of a network as its exporter describes them, with their weights.
 * @param {{schema: number, encoder: object[], decoder: object[]}} spec offsets are counted in floats
 * @param {ArrayBuffer|Uint8Array} buffer little-endian float32 weights
 * @returns {{encoder: Layer[], decoder: Layer[]}}
 */
export function parseNetwork(spec, buffer) {
  if (spec.schema !== 1) throw new Error(`A network must have schema 1. Received: ${spec.schema}.`);
  const weights = asFloats(buffer);
  return { encoder: parseLayers(spec.encoder, weights), decoder: parseLayers(spec.decoder, weights) };
}

/**
 * Run `input` through `layers`.
 * @param {Layer[]} layers
 * @param {ArrayLike<number>} input one image or code, flat
 * @returns {Float32Array} the last layer's own array, which the next call writes over: copy it to keep it
 */
export function forward(layers, input) {
  let values = input;
  for (const layer of layers) values = layer.run(values);
  return values;
}

/**
 * The error function, within 1.2e-7 (Numerical Recipes, 3rd edition, section 6.2.2, `erfcc`).
 * @param {number} x
 * @returns {number}
 */
export function erf(x) {
  const z = Math.abs(x);
  const t = 1 / (1 + 0.5 * z);
  let sum = 0.17087277;
  for (const c of ERF_COEFFICIENTS) sum = c + t * sum;
  const tail = t * Math.exp(-z * z + sum);
  return x >= 0 ? 1 - tail : tail - 1;
}

const ERF_COEFFICIENTS = [
  -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223,
];

/** Each writes f(sums[i]) to out[i] for the first `count`; a loop each, so that V8 compiles one tight loop for each. */
const ACTIVATIONS = {
  linear(sums, out, start, count) {
    for (let i = 0; i < count; i++) out[start + i] = sums[i];
  },
  relu(sums, out, start, count) {
    for (let i = 0; i < count; i++) out[start + i] = sums[i] > 0 ? sums[i] : 0;
  },
  leaky_relu(sums, out, start, count) {
    for (let i = 0; i < count; i++) out[start + i] = sums[i] > 0 ? sums[i] : 0.2 * sums[i];
  },
  elu(sums, out, start, count) {
    for (let i = 0; i < count; i++) out[start + i] = sums[i] > 0 ? sums[i] : Math.expm1(sums[i]);
  },
  gelu(sums, out, start, count) {
    for (let i = 0; i < count; i++) out[start + i] = 0.5 * sums[i] * (1 + erf(sums[i] * Math.SQRT1_2));
  },
  tanh(sums, out, start, count) {
    for (let i = 0; i < count; i++) out[start + i] = Math.tanh(sums[i]);
  },
  sigmoid(sums, out, start, count) {
    for (let i = 0; i < count; i++) out[start + i] = 1 / (1 + Math.exp(-sums[i]));
  },
};

function asFloats(buffer) {
  if (buffer instanceof ArrayBuffer) return new Float32Array(buffer, 0, buffer.byteLength >> 2);
  const count = buffer.byteLength >> 2;
  // A view into a message may start anywhere; floats must start at a multiple of four, so such a view is copied.
  if (buffer.byteOffset % 4 === 0) return new Float32Array(buffer.buffer, buffer.byteOffset, count);
  return new Float32Array(buffer.slice().buffer, 0, count);
}

function parseLayers(specs, weights) {
  const layers = [];
  let inputShape = null;
  for (const spec of specs) {
    const layer = parseLayer(spec, inputShape, weights);
    layers.push(layer);
    inputShape = layer.shape;
  }
  return layers;
}

function parseLayer(spec, inputShape, weights) {
  const { kind, shape, activation = "linear" } = spec;
  const out = new Float32Array(size(shape));
  const layer = { kind, shape, activation, out, run: (values) => values };
  if (kind === "flatten" || kind === "reshape") return layer;
  const activate = ACTIVATIONS[activation];
  if (!WEIGHTED.has(kind)) {
    throw new Error(`A layer must be dense, conv, conv_transpose, flatten or reshape. Received: ${kind}.`);
  }
  if (!activate) {
    throw new Error(`An activation must be one of ${Object.keys(ACTIVATIONS).join(", ")}. Received: ${activation}.`);
  }
  const kernel = slice(weights, spec.kernel, kind);
  const bias = slice(weights, spec.bias, kind);
  const make = { dense, conv, conv_transpose: convTranspose }[kind];
  layer.run = make({ spec, inputShape, kernel, bias, activate, out });
  return layer;
}

function size(shape) {
  return shape.reduce((product, side) => product * side, 1);
}

function slice(weights, [offset, count], kind) {
  if (offset + count > weights.length) {
    const received = `${offset} + ${count}`;
    throw new Error(`A ${kind} layer's weights must end within ${weights.length} floats. Received: ${received}.`);
  }
  return weights.subarray(offset, offset + count);
}

function checkKernel(kernel, expected, kind) {
  if (kernel.length !== expected) {
    throw new Error(`The kernel of this ${kind} layer must have ${expected} floats. Received: ${kernel.length}.`);
  }
}

/**
 * sums[j] += sum over r of factors[r] * kernel[rows[r] + j], four rows at a time so that each sum is read and written
 * once for four products. Sums are doubles: exacter than float32, and V8 need not round after each product.
 */
function addRows(sums, width, kernel, factors, rows, count) {
  let r = 0;
  for (; r + 3 < count; r += 4) {
    const f0 = factors[r], f1 = factors[r + 1], f2 = factors[r + 2], f3 = factors[r + 3];
    const k0 = rows[r], k1 = rows[r + 1], k2 = rows[r + 2], k3 = rows[r + 3];
    for (let j = 0; j < width; j++) {
      sums[j] += f0 * kernel[k0 + j] + f1 * kernel[k1 + j] + f2 * kernel[k2 + j] + f3 * kernel[k3 + j];
    }
  }
  for (; r < count; r++) {
    const f = factors[r], k = rows[r];
    for (let j = 0; j < width; j++) sums[j] += f * kernel[k + j];
  }
}

function dense({ spec, kernel, bias, activate, out }) {
  const units = spec.shape[0];
  const inputs = kernel.length / units;
  if (!Number.isInteger(inputs)) checkKernel(kernel, Math.ceil(inputs) * units, "dense");
  const sums = new Float64Array(units);
  const factors = new Float64Array(inputs);
  const rows = new Int32Array(inputs);
  return (values) => {
    let count = 0;
    // Most pixels of a digit are black and most ReLU units are off: a zero's row is never read.
    for (let i = 0; i < inputs; i++) {
      if (values[i] !== 0) {
        factors[count] = values[i];
        rows[count++] = i * units;
      }
    }
    sums.set(bias);
    addRows(sums, units, kernel, factors, rows, count);
    activate(sums, out, 0, units);
    return out;
  };
}

/** Keras's "same" padding before the first pixel: with stride 2 it is 0 before and 1 after, the odd one goes last. */
function padding(inputSide, outputSide, strides) {
  return Math.max((outputSide - 1) * strides + KERNEL_SIZE - inputSide, 0) >> 1;
}

/** For each output row (or column): which input row each kernel row reads, -1 where it reads padding. */
function taps(outputSide, source) {
  const table = new Int32Array(outputSide * KERNEL_SIZE);
  for (let o = 0; o < outputSide; o++) {
    for (let k = 0; k < KERNEL_SIZE; k++) table[o * KERNEL_SIZE + k] = source(o, k);
  }
  return table;
}

function conv({ spec, inputShape, kernel, bias, activate, out }) {
  const [height, width, filters] = spec.shape;
  const strides = spec.strides ?? 1;
  const [inHeight, inWidth, channels] = inputShape ?? [height * strides, width * strides, 1];
  checkKernel(kernel, KERNEL_SIZE * KERNEL_SIZE * channels * filters, "conv");
  const along = (inputSide, outputSide) => {
    const before = padding(inputSide, outputSide, strides);
    return taps(outputSide, (o, k) => inside(o * strides + k - before, inputSide));
  };
  const tapsY = along(inHeight, height);
  const tapsX = along(inWidth, width);
  return convolution({ height, width, filters, inWidth, channels, tapsY, tapsX, kernel, bias, activate, out });
}

/** The gradient of a convolution: an output pixel reads those input pixels whose strided kernel covers it. */
function convTranspose({ spec, inputShape, kernel, bias, activate, out }) {
  const [height, width, filters] = spec.shape;
  const strides = spec.strides ?? 1;
  const channels = kernel.length / (KERNEL_SIZE * KERNEL_SIZE * filters);
  const [inHeight, inWidth] = inputShape ?? [height / strides, width / strides];
  checkKernel(kernel, KERNEL_SIZE * KERNEL_SIZE * (inputShape?.[2] ?? channels) * filters, "conv_transpose");
  const along = (inputSide, outputSide) => {
    const before = padding(outputSide, inputSide, strides);
    return taps(outputSide, (o, k) => {
      const source = o + before - k;
      return source % strides === 0 ? inside(source / strides, inputSide) : -1;
    });
  };
  const tapsY = along(inHeight, height);
  const tapsX = along(inWidth, width);
  const turned = channelsFirst(kernel, channels, filters);
  return convolution({ height, width, filters, inWidth, channels, tapsY, tapsX, kernel: turned, bias, activate, out });
}

function inside(index, side) {
  return index >= 0 && index < side ? index : -1;
}

/** From (kh, kw, filters, channels), as Keras keeps a transposed kernel, to (kh, kw, channels, filters). */
function channelsFirst(kernel, channels, filters) {
  const turned = new Float32Array(kernel.length);
  const plane = channels * filters;
  for (let k = 0; k < KERNEL_SIZE * KERNEL_SIZE; k++) {
    for (let f = 0; f < filters; f++) {
      for (let c = 0; c < channels; c++) {
        turned[k * plane + c * filters + f] = kernel[k * plane + f * channels + c];
      }
    }
  }
  return turned;
}

function convolution({ height, width, filters, inWidth, channels, tapsY, tapsX, kernel, bias, activate, out }) {
  const sums = new Float64Array(filters);
  const factors = new Float64Array(KERNEL_SIZE * KERNEL_SIZE * channels);
  const rows = new Int32Array(factors.length);
  const gather = (values, y, x) => {
    let count = 0;
    for (let ky = 0; ky < KERNEL_SIZE; ky++) {
      const inY = tapsY[y * KERNEL_SIZE + ky];
      if (inY < 0) continue;
      for (let kx = 0; kx < KERNEL_SIZE; kx++) {
        const inX = tapsX[x * KERNEL_SIZE + kx];
        if (inX < 0) continue;
        const pixel = (inY * inWidth + inX) * channels;
        const row = (ky * KERNEL_SIZE + kx) * channels * filters;
        for (let c = 0; c < channels; c++) {
          const value = values[pixel + c];
          if (value !== 0) {
            factors[count] = value;
            rows[count++] = row + c * filters;
          }
        }
      }
    }
    return count;
  };
  return (values) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        sums.set(bias);
        addRows(sums, filters, kernel, factors, rows, gather(values, y, x));
        activate(sums, out, (y * width + x) * filters, filters);
      }
    }
    return out;
  };
}
