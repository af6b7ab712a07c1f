// What the colours of a map mean, and which classes are shown.

import { make, setText } from "../lib/page/dom.js";

export class Legend {
  /**
   * @param {HTMLElement} root
   * @param {function(Set<number>): void} onHide called with the labels that are hidden from now on
   */
  constructor(root, onHide) {
    Object.assign(this, { root, onHide, hidden: new Set(), buttons: [], shown: "" });
    root.querySelector(".all").onclick = () => this.hide([]);
    root.querySelector(".none").onclick = () => this.hide(this.buttons.map((_, label) => label));
  }

  /**
   * @param {{classNames: string[], labels: (Uint8Array|null)}|null} collection
   * @param {{classes: string[]}} theme
   * @param {import("../lib/paint/colours.js").Coloured} coloured
   */
  show(collection, theme, { scale }) {
    const names = collection?.labels ? collection.classNames : [];
    const shown = JSON.stringify([names, collection?.name]);
    if (shown !== this.shown) this.makeButtons(names, collection);
    this.shown = shown;
    this.buttons.forEach((button, label) => {
      button.style.setProperty("--class", scale ? "var(--muted)" : theme.classes[label % theme.classes.length]);
      button.setAttribute("aria-pressed", String(!this.hidden.has(label)));
    });
    this.root.querySelector(".classes").hidden = !names.length;
    this.root.querySelector(".ramp").style.visibility = scale ? "visible" : "hidden";
    if (!scale) return;
    const stops = scale.ramp.filter((_, i) => i % 25 === 0).concat(scale.ramp.at(-1));
    this.root.querySelector(".bar").style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    for (const end of ["low", "middle", "high"]) setText(this.root.querySelector(`.${end}`), shortest(scale[end]));
  }

  makeButtons(names, collection) {
    this.hidden = new Set([...this.hidden].filter((label) => label < names.length));
    const counts = new Array(names.length).fill(0);
    collection?.labels?.forEach((label) => counts[label]++);
    this.buttons = names.map((name, label) => {
      const button = Object.assign(make("button", "class"), { type: "button" });
      const part = (className, text) => Object.assign(make("span", className), { textContent: text });
      button.append(part("dot", ""), part("name", name), part("count", counts[label].toLocaleString("en")));
      button.setAttribute("aria-label", `${name}, ${counts[label].toLocaleString("en")} images`);
      button.onclick = () => {
        if (!this.hidden.delete(label)) this.hidden.add(label);
        this.hide(this.hidden);
      };
      return button;
    });
    const box = this.root.querySelector(".buttons");
    box.replaceChildren(...this.buttons);
    box.style.setProperty("--rows", Math.ceil(names.length / 2) || 1);
  }

  hide(labels) {
    this.hidden = new Set(labels);
    this.onHide(this.hidden);
  }
}

function shortest(value) {
  return Number(value.toPrecision(2)).toString().replace("-", "−");
}
