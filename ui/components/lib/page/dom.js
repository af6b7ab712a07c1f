const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {string} className
 * @returns {HTMLElement}
 */
export function make(name, className) {
  return Object.assign(document.createElement(name), { className });
}

/**
 * @param {string} name
 * @param {object} attributes
 * @returns {SVGElement}
 */
export function makeSvg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/**
 * Text that has not changed is not written again: a screen reader, or a selection in it, is left in peace.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The theme's colours of the two roles, also as --original and --reconstruction for the style sheet.
 * @param {HTMLElement} root
 * @returns {{original: string, reconstruction: string}}
 */
export function takeColors(root) {
  const host = root.getRootNode().host ?? root;
  const palette = getComputedStyle(host).getPropertyValue("--st-chart-categorical-colors").split(",");
  const colors = { original: palette[0]?.trim() || "#0072b2", reconstruction: palette[1]?.trim() || "#d55e00" };
  for (const [role, color] of Object.entries(colors)) root.style.setProperty(`--${role}`, color);
  return colors;
}
