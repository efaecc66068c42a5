/** One file on its way to the gateway. */

import { element, fileName, progressBar, setAttribute, setText, wordButton } from "./element.js";
import { formatPercent, formatSize } from "./format.js";
import { say } from "./words.js";

/** @typedef {import("./upload.js").Upload} Upload */

export class UploadCard {
  #progress = element("p", { class: "about" });
  #problem = element("p", { class: "problem" });
  #bar;
  #retry;
  #remove;

  /** @type {HTMLElement} */
  node;

  /**
   * @param {Upload} upload
   * @param {{onRetry: () => void, onRemove: () => void}} to
   */
  constructor({ id, file }, { onRetry, onRemove }) {
    this.#bar = progressBar(say("sent"));
    this.#retry = wordButton(say("retry"), file.name, onRetry);
    this.#remove = wordButton(say("cancel"), file.name, onRemove);
    const buttons = element("div", { class: "buttons" }, this.#retry, this.#remove);
    this.node = element("li", { class: "card upload", "data-upload": id });
    this.node.append(fileName(file.name), this.#progress, this.#bar, this.#problem, buttons);
  }

  /** @param {Upload} upload */
  update(upload) {
    const hasFailed = upload.state === "failed";
    setAttribute(this.node, "data-state", upload.state);
    setText(this.#progress, progress(upload));
    setAttribute(this.#bar, "value", upload.sent.toFixed(3));
    setText(this.#problem, upload.problem);
    this.#bar.hidden = hasFailed;
    if (!hasFailed && this.#retry === document.activeElement) this.#remove.focus(); // what hides loses the focus
    this.#retry.hidden = !hasFailed;
    setText(this.#remove.firstElementChild ?? this.#remove, say(hasFailed ? "remove" : "cancel"));
  }
}

/** @param {Upload} upload */
function progress({ state, sent, file }) {
  const size = formatSize(file.size);
  switch (state) {
    case "waiting":
      return say("uploadWaiting", { size });
    case "sending":
      return say("uploadSending", { percent: formatPercent(sent), size });
    case "storing":
      return say("uploadStoring", { size });
    default:
      return say("uploadFailed", { size });
  }
}
