/** The cards of the files that are on their way. */

import { byId } from "./element.js";
import { UploadCard } from "./upload-card.js";

export class UploadsView {
  #uploads;
  /** @type {Map<string, UploadCard>} */
  #cards = new Map();

  /** @param {import("./upload.js").Uploads} uploads */
  constructor(uploads) {
    this.#uploads = uploads;
  }

  draw() {
    const uploads = this.#uploads.all();
    const ids = new Set(uploads.map(({ id }) => id));
    uploads.forEach((upload) => (this.#cards.get(upload.id) ?? this.#add(upload)).update(upload));
    [...this.#cards.keys()].filter((id) => !ids.has(id)).forEach((id) => this.#remove(id));
    byId("uploads-section").hidden = uploads.length === 0;
  }

  /** Build the cards anew when they are drawn next: the language has changed. */
  clear() {
    [...this.#cards.keys()].forEach((id) => this.#remove(id));
  }

  /** @param {import("./upload.js").Upload} upload */
  #add(upload) {
    const onRetry = () => this.#uploads.retry(upload.id);
    const onRemove = () => this.#uploads.remove(upload.id);
    const card = new UploadCard(upload, { onRetry, onRemove });
    byId("uploads").append(card.node);
    this.#cards.set(upload.id, card);
    return card;
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
