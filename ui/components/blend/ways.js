// Ways from one vector to another.

/** Sine of an angle below which two vectors span no arc; as in ae_core/latent/sampling.py. */
const PARALLEL = 1e-6;

/**
 * On the straight line.
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} t share of the way, 0 to 1
 * @returns {Float32Array}
 */
export function lerp(a, b, t) {
  return Float32Array.from(a, (value, index) => (1 - t) * value + t * b[index]);
}

/**
 * On the arc about the origin (Shoemake, 1985). Vectors in the same or in opposite directions get the straight line.
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} t share of the way, 0 to 1
 * @returns {Float32Array}
 */
export function slerp(a, b, t) {
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  const angle = lengths ? Math.acos(Math.min(1, Math.max(-1, dot(a, b) / lengths))) : 0;
  const sine = Math.sin(angle);
  if (sine < PARALLEL) return lerp(a, b, t);
  const [from, to] = [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  return Float32Array.from(a, (value, index) => from * value + to * b[index]);
}

function dot(a, b) {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return sum;
}
