/** The cards of the files that are on their way, and of those that an earlier page did not bring to their end. */

import { byId } from "./element.js";
import { UnfinishedCard } from "./unfinished-card.js";
import { UploadCard } from "./upload-card.js";

/** @typedef {import("./upload.js").Upload} Upload */
/** @typedef {import("./kept.js").Kept} Kept */

export class UploadsView {
  #uploads;
  #unfinished;
  /** @type {Map<string, UploadCard | UnfinishedCard>} by an upload's id, or by the URL of an unfinished one */
  #cards = new Map();

  /**
   * @param {import("./upload.js").Uploads} uploads
   * @param {import("./unfinished.js").Unfinished} unfinished
   */
  constructor(uploads, unfinished) {
    this.#uploads = uploads;
    this.#unfinished = unfinished;
  }

  draw() {
    const uploads = this.#uploads.all();
    const unfinished = this.#unfinished.all(uploads);
    const ids = new Set([...uploads.map(({ id }) => id), ...unfinished.map(({ url }) => url)]);
    unfinished.forEach((one) => this.#card(one.url, () => this.#unfinishedCard(one)).update(one));
    uploads.forEach((upload) => this.#card(upload.id, () => this.#uploadCard(upload)).update(upload));
    [...this.#cards.keys()].filter((id) => !ids.has(id)).forEach((id) => this.#remove(id));
    byId("uploads-section").hidden = ids.size === 0;
  }

  /** Build the cards anew when they are drawn next: the language has changed. */
  clear() {
    [...this.#cards.keys()].forEach((id) => this.#remove(id));
  }

  /**
   * The one that is there, or a new one.
   * @template {UploadCard | UnfinishedCard} T
   * @param {string} id
   * @param {() => T} make
   * @returns {T}
   */
  #card(id, make) {
    const known = this.#cards.get(id);
    if (known) return /** @type {T} */ (known);
    const card = make();
    byId("uploads").append(card.node);
    this.#cards.set(id, card);
    return card;
  }

  /** @param {Upload} upload */
  #uploadCard(upload) {
    const onRetry = () => this.#uploads.retry(upload.id);
    const onRemove = () => this.#uploads.remove(upload.id);
    return new UploadCard(upload, { onRetry, onRemove });
  }

  /** @param {Kept} upload */
  #unfinishedCard(upload) {
    const onChoose = () => byId("file").click();
    const onRemove = () => this.#unfinished.remove(upload);
    return new UnfinishedCard(upload, { onChoose, onRemove });
  }

  /** @param {string} id */
  #remove(id) {
    const node = this.#cards.get(id)?.node;
    // Who stood on its button would else be thrown back to the top of the page.
    if (node?.contains(document.activeElement)) byId("file").focus();
    node?.remove();
    this.#cards.delete(id);
  }
}
