// Runs in a page before the page's own scripts, and notes when things happen: in milliseconds by the page's own clock,
// so that neither the way to Playwright nor Playwright's own work is in any figure.
//
// The notes are those of one stroke: they begin anew whenever the pen is put down.

{
  const notes = {};
  const begin = (down) => Object.assign(notes, { down, up: null, updates: [], frames: [], shown: [] });
  begin(null);
  window.benchmarkNotes = notes;

  // On the window and before anybody else, so before the canvas does something about it.
  window.addEventListener("pointerdown", () => begin(performance.now()), true);
  window.addEventListener("pointerup", () => (notes.up = performance.now()), true);

  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntriesByName("bottleneck-update")) {
      notes.updates.push([startTime, duration]);
    }
  }).observe({ entryTypes: ["measure"] });

  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (message) {
    notes.frames.push(performance.now());
    return send.call(this, message);
  };

  /** Note from now on whenever `read(root)`, a text, changes. */
  window.benchmarkWatch = (root, read) => {
    let last = read(root);
    const look = () => {
      const text = read(root);
      if (text !== last) notes.shown.push([performance.now(), text]);
      last = text;
    };
    const what = { attributeFilter: ["data-check"], characterData: true, childList: true, subtree: true };
    new MutationObserver(look).observe(root, what);
  };
}
