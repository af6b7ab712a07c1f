// Buttons for the drawing canvas that a finger can hit. They press the canvas's own, which are small, show only under a
// mouse and bring others that make no sense here; so those are hidden.

import { containerOf, deepQuery } from "../lib/page/canvas.js";
import { component } from "../lib/page/component.js";

const FILES = {
  page: "./canvas_tools.html",
  styles: ["../lib/page/base.css", "../lib/page/parts.css", "./canvas_tools.css"],
};

const TOOLBAR = ".dc-toolbar";
const HIDDEN = "data-hidden-by-tools";
const RESET = "Reset canvas & history";

/** Streamlit calls this at first and again with new data. */
export default await component(import.meta.url, FILES, ({ data, parentElement, setTriggerValue }) => {
  const { canvas } = data;
  const buttons = {
    undo: () => {
      if (press(canvas, "Undo") || !data.cleared) return;
      data.cleared = false;
      setTriggerValue("unclear", true);
    },
    redo: () => press(canvas, "Redo"),
    clear: () => {
      // The canvas's own reset goes back to what it began with. Where that was a drawing, only the server can empty it.
      if (data.blank) press(canvas, RESET);
      data.cleared = true;
      setTriggerValue("clear", true);
    },
  };
  for (const [name, does] of Object.entries(buttons)) parentElement.querySelector(`.${name}`).onclick = does;
  let frame = requestAnimationFrame(function hide() {
    if (!hideToolbar(canvas)) frame = requestAnimationFrame(hide);
  });
  return () => cancelAnimationFrame(frame);
});

/** Returns whether there was anything to be done by this button of the canvas. */
function press(key, title) {
  const container = containerOf(key);
  const buttons = container ? deepQuery(container, `${TOOLBAR} button`) : [];
  const button = buttons.find((one) => one.title === title);
  if (!button || button.disabled) return false;
  button.click();
  return true;
}

/** The canvas may come to the page later than we do. */
function hideToolbar(key) {
  const container = containerOf(key);
  const [toolbar] = container ? deepQuery(container, TOOLBAR) : [];
  if (!toolbar) return false;
  const root = toolbar.getRootNode();
  if (!root.querySelector(`[${HIDDEN}]`)) {
    const style = document.createElement("style");
    style.setAttribute(HIDDEN, "");
    style.textContent = `${TOOLBAR} { display: none !important }`;
    root.append(style);
  }
  return true;
}
