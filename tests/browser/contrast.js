// What of a page's text has less contrast to what is behind it than `least`: WCAG 2.2, success criterion 1.4.3.
// Text on a canvas cannot be read off; what lies behind a text is worked out from its ancestors, in an SVG from the
// shapes under its middle.
(least) => {
  const probe = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const brush = probe.getContext("2d", { willReadFrequently: true });
  const known = new Map();

  /** Any CSS colour as [red, green, blue, alpha], 0..255 and alpha 0..1. */
  const rgba = (color) => {
    if (!known.has(color)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = color;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  };
  const over = ([r, g, b, a], behind) => [r, g, b].map((value, i) => value * a + behind[i] * (1 - a));
  const faded = ([r, g, b, a], opacity) => [r, g, b, a * opacity];
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const parentOf = (element) => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  const ancestors = (element) => {
    const chain = [];
    for (let at = element; at; at = parentOf(at)) chain.push(at);
    return chain;
  };
  const number = (text) => (Number.isNaN(parseFloat(text)) ? 1 : parseFloat(text));

  const middleOf = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };

  /** The shapes of an SVG under a point, the lowest first. */
  const shapesUnder = (text) => {
    const [x, y] = middleOf(text);
    return [...text.ownerSVGElement.querySelectorAll("path, rect")].filter((shape) => {
      const { left, right, top, bottom } = shape.getBoundingClientRect();
      const style = getComputedStyle(shape);
      return style.fill !== "none" && left < x && x < right && top < y && y < bottom &&
        shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
    });
  };

  const background = (element) => {
    let color = [255, 255, 255];
    const [x, y] = middleOf(element);
    for (const at of ancestors(element).reverse()) {
      const { left, right, top, bottom } = at.getBoundingClientRect();
      // A text may stand beside what it belongs to, as a slider's value above its thumb does.
      const isBehind = left <= x && x <= right && top <= y && y <= bottom;
      if (isBehind) color = over(rgba(getComputedStyle(at).backgroundColor), color);
    }
    if (element.ownerSVGElement) {
      for (const shape of shapesUnder(element)) {
        const style = getComputedStyle(shape);
        const opacity = number(style.fillOpacity) * number(style.opacity);
        color = over(faded(rgba(style.fill), opacity), color);
      }
    }
    return color;
  };

  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || !element.checkVisibility({ checkOpacity: true, visibilityProperty: true })) {
      return false;
    }
    // Text for screen readers alone is cut down to a pixel; what cannot be used need not be read.
    return !ancestors(element).some((at) => {
      const { width, height } = at.getBoundingClientRect();
      const clipped = width <= 1.5 && height <= 1.5 && getComputedStyle(at).overflow === "hidden";
      return clipped || at.matches(":disabled, [aria-disabled='true'], [inert]");
    });
  };

  const faint = [];
  const check = (element, words, color) => {
    const opacity = ancestors(element).reduce((product, at) => product * number(getComputedStyle(at).opacity), 1);
    const behind = background(element);
    const found = ratio(over(faded(rgba(color), opacity), behind), behind);
    if (found < least) {
      const place = ancestors(element).slice(0, 8).map((at) => at.dataset?.testid ?? at.getAttribute("class") ?? "");
      faint.push({ words: words.trim().slice(0, 60), ratio: Number(found.toFixed(2)), place: place.join(" < ") });
    }
  };
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot);
      if (element.matches("style, script, noscript, option") || !isShown(element)) continue;
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
      const style = getComputedStyle(element);
      if (own.length) check(element, own.map((node) => node.data).join(" "), element.ownerSVGElement ? style.fill : style.color);
      if (element.matches("input, textarea") && !["checkbox", "radio", "range", "file"].includes(element.type)) {
        if (element.value) check(element, element.value, style.color);
        else if (element.placeholder) check(element, element.placeholder, getComputedStyle(element, "::placeholder").color);
      }
    }
  };
  walk(document);
  return faint;
};
