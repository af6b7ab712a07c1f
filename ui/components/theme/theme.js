// Shows nothing: has the page made anew when the visitor's theme changes while it is open. Streamlit changes its own
// colours by itself and tells the server of it with the next message, whenever that is.

/** The theme that the server was told of last: were it told again, it could not answer otherwise. */
let told = null;

/** Streamlit calls this at first and again whenever data or theme change. */
export default function ({ data: { light }, parentElement, setTriggerValue }) {
  const dark = getComputedStyle(parentElement.host).colorScheme === "dark";
  if (light !== dark) told = null;
  else if (told !== dark) {
    told = dark;
    setTriggerValue("changed", true);
  }
  return () => {};
}
