// A map without a mouse.

const STEP = 60;
const ZOOM = 1.5;

/** Said to a screen reader, and to whoever asks what can be done here. */
export const KEYS =
  "Arrow keys move, plus and minus zoom, 0 shows all. Enter pins the image nearest to the middle, N and P go along " +
  "the images whose codes are nearest to it, Escape unpins.";

/**
 * @param {KeyboardEvent} event
 * @param {object} map
 * @returns {boolean} whether the key meant something
 */
export function pressKey(event, map) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const action = {
    ArrowLeft: () => map.pan(STEP, 0),
    ArrowRight: () => map.pan(-STEP, 0),
    ArrowUp: () => map.pan(0, STEP),
    ArrowDown: () => map.pan(0, -STEP),
    "+": () => map.zoom(ZOOM),
    "=": () => map.zoom(ZOOM),
    "-": () => map.zoom(1 / ZOOM),
    0: () => map.fit(),
  }[event.key];
  if (action) {
    action();
    map.settle();
    map.pointAtMiddle();
    return true;
  }
  if (event.key === "Enter") map.pinMiddle();
  else if (event.key === "n" || event.key === "N") map.walk(1);
  else if (event.key === "p" || event.key === "P") map.walk(-1);
  else return false;
  return true;
}
