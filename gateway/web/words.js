/** What the page says, in the reader's language. One catalogue a language; a test holds their keys together. */

import { ENGLISH } from "./words.en.js";
import { CHINESE } from "./words.zh.js";

/** @typedef {keyof typeof ENGLISH} Key */
/** @typedef {"en" | "zh"} Language */

const CATALOGUES = { en: ENGLISH, zh: CHINESE };
const TAGS = { en: "en", zh: "zh-Hans" };
const KEPT = "stagecast.language";

/** @type {Language} */
let spoken = "en";

/** The language in use, as `lang` takes it. */
export function languageTag() {
  return TAGS[spoken];
}

/** The language in use as it is written where the reader lives, as `Intl` takes it. */
export function region() {
  return navigator.languages.find((tag) => tag.startsWith(spoken)) ?? TAGS[spoken];
}

/** @returns {Language} */
export function language() {
  return spoken;
}

/** @param {Language} language */
export function speak(language) {
  spoken = language;
}

/** @param {Language} language for this and the next visits */
export function choose(language) {
  speak(language);
  localStorage.setItem(KEPT, language);
}

/**
 * What was chosen here, else the first language of the reader's that we have.
 * @returns {Language}
 */
export function preferred() {
  const wanted = [localStorage.getItem(KEPT) ?? "", ...navigator.languages].map((tag) => tag.slice(0, 2));
  return /** @type {Language} */ (wanted.find((tag) => tag in CATALOGUES) ?? "en");
}

/**
 * A text, with its `{places}` filled. Of two texts the first is for one, the second for any other `count`.
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  const found = CATALOGUES[spoken][key];
  const text = typeof found === "string" ? found : found[values.count === 1 ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
