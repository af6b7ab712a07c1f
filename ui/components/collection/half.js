// Half floats (IEEE 754 binary16), for browsers whose arrays do not know them yet.

let table = null;

/** All 65,536 of them: decoding a code is then one look into the table. */
function values() {
  if (table) return table;
  table = new Float32Array(1 << 16);
  for (let bits = 0; bits < 1 << 16; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    const size = exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction);
    table[bits] = bits & 0x8000 ? -size : size;
  }
  return table;
}

/**
 * @param {Uint8Array} bytes little-endian half floats, none of them infinite
 * @returns {Float32Array}
 */
export function halfFloats(bytes) {
  const halves = new Uint16Array(bytes.slice().buffer);
  const decoded = values();
  return Float32Array.from(halves, (bits) => decoded[bits]);
}
