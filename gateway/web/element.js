/** The few things that this page does with the DOM. Text only ever goes in as text. */

/**
 * A new element: `element("li", { class: "stage" }, "text", child)`.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.append(...children);
  return made;
}

/**
 * An element of the page's own HTML.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * Set an element's text. What is the same is not touched: no layout, and a selection in it survives.
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Set an attribute, if it is not the same already.
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * A progress bar with a name for those who do not see where it stands.
 * @param {string} name
 * @returns {HTMLProgressElement}
 */
export function progressBar(name) {
  return element("progress", { max: "1", value: "0", "aria-label": name });
}

/**
 * A file's name, as it is: its direction does not spill over into the text around it.
 * @param {string} name
 */
export function fileName(name) {
  return element("bdi", { class: "file-name" }, name);
}

/**
 * A small button of a card.
 * @param {string} word
 * @param {string} name of the file, for those who do not see which card the button is on
 * @param {() => void} onClick
 */
export function wordButton(word, name, onClick) {
  const hint = element("span", { class: "visually-hidden" }, " ", fileName(name));
  const made = element("button", { class: "button small", type: "button" }, element("span", {}, word), hint);
  made.addEventListener("click", onClick);
  return made;
}
