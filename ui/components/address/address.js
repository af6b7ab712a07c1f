// Shows nothing: puts what a page has settled by itself into the browser's address, in place of what stands there.
// Streamlit can only add to the history, and a visitor who presses Back would find nothing undone.

/** What was put there last: Streamlit calls again with the same data, and the visitor may have gone on since. */
const done = (globalThis[Symbol.for("bottleneck.address")] ??= { mark: "" });

/** Streamlit calls this at each whole run of a page. */
export default function ({ data: { mark, query } }) {
  if (mark !== done.mark) {
    done.mark = mark;
    const { pathname, search, hash } = window.location;
    // Whether the page is embedded in another one is Streamlit's own affair.
    const own = [...new URLSearchParams(search)].filter(([name]) => name.startsWith("embed"));
    const text = [query, new URLSearchParams(own).toString()].filter(Boolean).join("&");
    if (text !== search.slice(1)) window.history.replaceState({}, "", pathname + (text && `?${text}`) + hash);
  }
  return () => {};
}
