// Where the keyboard is and where it can go: for walks through a page by Tab. Shadow roots are looked into.
(() => {
  const CONTROLS = [
    "a[href]", "button", "input", "select", "textarea", "summary", "[tabindex]",
    ...["button", "checkbox", "combobox", "link", "radio", "slider", "switch", "tab"].map((role) => `[role="${role}"]`),
  ].join();
  const everything = (root) => [...root.querySelectorAll("*")].flatMap((element) => [
    element, ...(element.shadowRoot ? everything(element.shadowRoot) : []),
  ]);
  const parentOf = (element) => element.parentElement ?? element.getRootNode().host ?? null;
  const ancestors = (element) => {
    const chain = [];
    for (let at = element; at; at = parentOf(at)) chain.push(at);
    return chain;
  };
  const isUsable = (element) => {
    const box = element.getBoundingClientRect();
    const shown = element.checkVisibility({ checkOpacity: true, visibilityProperty: true });
    const dead = ancestors(element).some((at) => at.matches(":disabled, [aria-disabled='true'], [inert], [aria-hidden='true']"));
    return box.width > 1 && box.height > 1 && shown && !dead;
  };
  const nameOf = (element) => {
    const words = element.getAttribute("aria-label") || element.textContent.trim() || element.value || "";
    const place = ancestors(element).find((at) => /st-key-/.test(at.className?.baseVal ?? at.className ?? ""));
    const key = place ? /st-key-\S+/.exec(place.className)[0] : "";
    return `${element.localName}[${element.getAttribute("role") ?? ""}] ${words.slice(0, 50)} ${key}`;
  };
  const number = new WeakMap();
  const seen = new Set();
  let next = 0;

  window.keyboard = {
    /** The number and name of what has the focus, and null for none; it counts as reached from now on. */
    at() {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      if (!element || element === document.body) return null;
      // A table that is painted on a canvas hands the focus on to the cell that it tells a screen reader of, or not yet.
      element = element.closest("canvas") ?? element;
      if (!number.has(element)) number.set(element, next++);
      seen.add(element);
      return [number.get(element), nameOf(element)];
    },
    /** Names of what the mouse can use and the walk has not come to, nor to anything inside or around it. */
    missed() {
      const reached = new Set([...seen].flatMap((element) => ancestors(element)));
      // The page itself, which scrolls, can be reached, too, which says nothing of what is in it.
      const used = new Set([...seen].filter((element) => !element.matches("main")));
      for (const element of seen) used.add(element.closest("label"));
      const missed = new Set();
      for (const element of everything(document)) {
        if (!element.matches(CONTROLS) && getComputedStyle(element).cursor !== "pointer") continue;
        // Of what is missed, parts are not named once more.
        const isKnown = reached.has(element) || ancestors(element).some((at) => used.has(at) || missed.has(at));
        if (!isKnown && isUsable(element)) missed.add(element);
      }
      return [...missed].map(nameOf);
    },
  };
})();
