/** The page's own words in the reader's language, and the button that changes it. */

import { byId, setAttribute, setText } from "./element.js";
import { choose, language, languageTag, preferred, say, speak } from "./words.js";

/** @typedef {import("./words.js").Key} Key */

/** @param {() => void} onChange the words of all that was built by code have to be said anew */
export function speakReadersLanguage(onChange) {
  speak(preferred());
  translate();
  byId("language").addEventListener("click", () => {
    choose(language() === "en" ? "zh" : "en");
    translate();
    onChange();
  });
}

/** `data-say` names the text of an element, `data-label` that of its `aria-label`, `data-hint` that of its placeholder. */
function translate() {
  document.documentElement.lang = languageTag();
  setAttribute(byId("language"), "lang", language() === "en" ? "zh-Hans" : "en");
  const all = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-say], [data-label], [data-hint]"));
  all.forEach((node) => {
    const { say: text, label, hint } = node.dataset;
    if (text) setText(node, say(/** @type {Key} */ (text)));
    if (hint) setAttribute(node, "placeholder", say(/** @type {Key} */ (hint)));
    if (label) setAttribute(node, "aria-label", say(/** @type {Key} */ (label)));
  });
}
