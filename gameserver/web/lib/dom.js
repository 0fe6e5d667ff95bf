// Elements of a page. Text is always set as text: a player's name can never become markup of the page.

/** @param {string} id @returns {any} the element; throws when the page has none */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}

/**
 * A new element. @param {string} tag
 * @param {Record<string, any>} properties of the element (className, onclick, ...); `aria-` and `data-` are attributes
 * @param {(Node | string)[]} children @returns {any}
 */
export function element(tag, properties = {}, ...children) {
  const made = /** @type {any} */ (document.createElement(tag));
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

/** Shows or hides. @param {any} shown @param {boolean} isVisible */
export function show(shown, isVisible) {
  shown.hidden = !isVisible;
}

/**
 * Sets the text of an element if it differs: the browser need not lay out an unchanged page again.
 * @param {Element} shown @param {string} text
 */
export function setText(shown, text) {
  if (shown.textContent !== text) shown.textContent = text;
}
