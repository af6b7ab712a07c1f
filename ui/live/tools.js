// Buttons for the drawing canvas that a finger can hit. They press the canvas's own, which are small, show only under a
// mouse and bring others that make no sense here; so those are hidden.

import { containerOf, deepQuery } from "./canvas.js";

const TOOLBAR = ".dc-toolbar";
const HIDDEN = "data-hidden-by-tools";

/** Streamlit calls this at first and again with new data. */
export default function ({ data, parentElement, setTriggerValue }) {
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = () => {
      // The canvas's own reset goes back to what it began with. Where that was a drawing, only the server can empty it.
      if (button.dataset.does === "clear" && !data.blank) setTriggerValue("clear", true);
      else press(data.canvas, button.dataset.press);
    };
  }
  let frame = requestAnimationFrame(function hide() {
    if (!hideToolbar(data.canvas)) frame = requestAnimationFrame(hide);
  });
  return () => cancelAnimationFrame(frame);
}

function press(key, title) {
  const container = containerOf(key);
  const buttons = container ? deepQuery(container, `${TOOLBAR} button`) : [];
  buttons.find((button) => button.title === title)?.click();
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
