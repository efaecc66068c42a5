/** An upload that a page began which is no longer there. */

import { element, fileName, setText, wordButton } from "./element.js";
import { formatPercent, formatSize } from "./format.js";
import { say } from "./words.js";

/** @typedef {import("./kept.js").Kept} Kept */

export class UnfinishedCard {
  #text = element("p", { class: "about" });

  /** @type {HTMLElement} */
  node;

  /**
   * @param {Kept} upload
   * @param {{onChoose: () => void, onRemove: () => void}} to
   */
  constructor({ name, url }, { onChoose, onRemove }) {
    const choose = wordButton(say("chooseAgain"), name, onChoose);
    const remove = wordButton(say("remove"), name, onRemove);
    const buttons = element("div", { class: "buttons" }, choose, remove);
    this.node = element("li", { class: "card upload", "data-unfinished": url });
    this.node.append(fileName(name), this.#text, buttons);
  }

  /** @param {Kept} upload */
  update({ size, share }) {
    setText(this.#text, say("unfinished", { size: formatSize(size), percent: formatPercent(share) }));
  }
}
