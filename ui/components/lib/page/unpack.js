/**
 * Read a block that payload.py packed. Arrays are views into it, nothing is copied.
 * @param {Uint8Array} block
 * @returns {{header: object, blob: function(string): (Uint8Array|null)}}
 */
export function unpack(block) {
  const length = new DataView(block.buffer, block.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(block.subarray(4, 4 + length)));
  const blob = (name) => {
    const place = header.blobs[name];
    return place ? block.subarray(4 + length + place[0], 4 + length + place[0] + place[1]) : null;
  };
  return { header, blob };
}

/**
 * A copy of a blob as floats: a copy because a view into a message need not start where floats may.
 * @param {Uint8Array|null} bytes
 * @returns {Float32Array|null}
 */
export function floats(bytes) {
  return bytes && new Float32Array(bytes.slice().buffer);
}
