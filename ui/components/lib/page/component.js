// What Streamlit calls: a component's function, in an element that holds the component's page under its style sheets.
// Page and style sheets are fetched while the script loads, and nothing is shown before all of them are here.

/** What an element shows. A later version of the script finds it here, too. */
const SHOWN = Symbol.for("bottleneck.shown");

/** Style sheets by their addresses: components share some. */
const sheets = new Map();

/**
 * @param {string} script its address, from which those of its files are counted
 * @param {{page: string, styles: string[]}} files
 * @param {function(object): function(): void} show takes what Streamlit gives, at first and whenever there is something
 *   new, and returns what ends it
 * @returns {Promise<function(object): function(): void>}
 */
export async function component(script, { page, styles }, show) {
  const template = document.createElement("template");
  const fetched = Promise.all(styles.map((style) => sheetAt(new URL(style, script).href)));
  template.innerHTML = await textAt(new URL(page, script).href);
  const looks = await fetched;
  return (given) => {
    const { parentElement } = given;
    const shown = parentElement[SHOWN];
    if (shown?.show !== show) {
      // In a tab that was open when the app was updated, an older version shows its page here.
      shown?.end();
      parentElement.replaceChildren(document.importNode(template.content, true));
      parentElement.adoptedStyleSheets = looks;
    }
    const end = show(given);
    parentElement[SHOWN] = { show, end };
    return end;
  };
}

function sheetAt(address) {
  if (!sheets.has(address)) sheets.set(address, textAt(address).then((text) => new CSSStyleSheet().replace(text)));
  return sheets.get(address);
}

async function textAt(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} should be here. Received: ${response.status} ${response.statusText}`);
  return response.text();
}
