// Shows nothing: keeps in the tab what no address can hold, and brings it back after the page was loaded anew. Then a new
// session begins, in which the server knows nothing of it.

/** Where the tab keeps it. */
const KEPT = "bottleneck.kept";
/** Whether this has been on the page since it was loaded. */
const loaded = Symbol.for("bottleneck.kept");

/** Streamlit calls this at first and again whenever the server knows something else. */
export default function ({ data: { kept }, setTriggerValue }) {
  const first = !globalThis[loaded];
  globalThis[loaded] = true;
  try {
    const before = first ? Object.entries(JSON.parse(sessionStorage.getItem(KEPT) ?? "{}")) : [];
    const lost = before.filter(([name]) => !(name in kept));
    if (lost.length) setTriggerValue("back", Object.fromEntries(lost));
    else sessionStorage.setItem(KEPT, JSON.stringify(kept));
  } catch (error) {
    // Some browsers let a page keep nothing, none lets it keep very much.
    console.warn("Pictures will be lost when the page is loaded again.", error);
  }
  return () => {};
}
