// Takes the visitor to a part of the page that an action elsewhere has made or filled.

/** The last action that was answered, since this page was loaded. */
const ANSWERED = Symbol.for("bottleneck.arrival");
/** What a visitor does who wants to be somewhere else. */
const LEAVING = ["wheel", "pointerdown", "touchstart", "keydown"];
const FRAMES = 120;

/** Streamlit calls this whenever the page is drawn. */
export default function ({ data }) {
  const { place, count } = data;
  if (!place || count <= (globalThis[ANSWERED] ?? 0)) return;
  globalThis[ANSWERED] = count;
  let left = FRAMES;
  requestAnimationFrame(function look() {
    const heading = document.querySelector(`.st-key-${place} :is(h1, h2, h3, h4)`);
    if (heading) arrive(heading);
    else if ((left -= 1) > 0) requestAnimationFrame(look);
  });
}

/**
 * Shows `heading` at the top and moves the focus there. What stands above it may come later and push it down: it is
 * held at the top until the visitor moves.
 * @param {HTMLElement} heading
 */
function arrive(heading) {
  heading.tabIndex = -1;
  // Below the bar with the pages' names.
  heading.style.scrollMarginTop = "70px";
  // The focus is there for what comes next by keyboard or voice. A heading is nothing to press.
  heading.style.outline = "none";
  heading.focus({ preventScroll: true });
  const show = () => heading.scrollIntoView({ block: "start" });
  const grown = new ResizeObserver(() => (heading.isConnected ? show() : leave()));
  const leave = () => {
    grown.disconnect();
    for (const event of LEAVING) removeEventListener(event, leave, true);
  };
  for (const event of LEAVING) addEventListener(event, leave, { capture: true, passive: true });
  const main = heading.closest('[data-testid="stMain"]') ?? document.body;
  for (const part of [main, ...main.children]) grown.observe(part);
  show();
}
