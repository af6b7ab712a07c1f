// What a classifier head says of a code: a cell for each class, as full as it is sure.

import { forward, parseNetwork } from "../lib/network/forward.js";
import { withNetwork } from "../lib/network/networks.js";
import { make, setText } from "../lib/page/dom.js";

export class Guess {
  /**
   * @param {HTMLElement} root is filled; hidden as long as there is no head
   * @param {{model: string, names: string[], words: string}|null} header the head's network, its classes, where it is from
   * @param {function(): void} onReady the head has come: what is shown has to be shown again
   */
  constructor(root, header, onReady) {
    Object.assign(this, { root, names: header?.names ?? [], layers: null });
    root.hidden = !header;
    if (!header) return;
    this.cells = this.names.map((name) => {
      const cell = make("span", "cell");
      cell.append(make("i", "fill"), Object.assign(make("b", "of"), { textContent: name }));
      return cell;
    });
    this.find(".cells").replaceChildren(...this.cells);
    setText(this.find(".from"), header.words);
    withNetwork(header.model, ({ spec, weights }) => {
      this.layers = parseNetwork(spec, weights).encoder;
      onReady();
    });
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  /** @param {Float32Array|null} code of the picture, or null for none */
  show(code) {
    if (this.root.hidden) return;
    const shares = code && this.layers ? softmax(forward(this.layers, code)) : null;
    const best = shares ? shares.indexOf(Math.max(...shares)) : -1;
    this.cells.forEach((cell, index) => {
      cell.style.setProperty("--share", shares ? shares[index].toFixed(3) : "0");
      cell.classList.toggle("best", index === best);
    });
    const words = shares ? `${this.names[best]}, ${percent(shares[best])} sure` : "–";
    setText(this.find(".words-of-guess"), words);
  }
}

function percent(share) {
  // Nothing learned is ever quite sure.
  return share > 0.995 ? "over 99 %" : `${Math.round(100 * share)} %`;
}

/**
 * Probabilities of logits.
 * @param {Float32Array} logits
 * @returns {Float64Array} as long, of sum 1
 */
function softmax(logits) {
  const most = Math.max(...logits);
  const powers = Float64Array.from(logits, (value) => Math.exp(value - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
