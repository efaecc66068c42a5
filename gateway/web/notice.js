/** A few words at the foot of the page that go by themselves. */

import { setText } from "./element.js";

const SEEN_TICKS = 10; // seconds; those of a hidden page do not count, for nobody has seen it

/** @type {Record<string, string>} why the stream could not send what we missed */
const REASONS = {
  "too-old": "you were away for a while",
  "too-much": "much happened while you were away",
  "fell-behind": "events came faster than this page could read them",
  "unknown-id": "the server does not know any more what you had",
  "log-remade": "the server began a new log of events",
};

/**
 * What to say of a snapshot that took the place of what we had; nothing if we had nothing.
 * @param {string} reason
 */
export function caughtUp(reason) {
  const because = REASONS[reason] ?? "some events were missed";
  return reason === "new" ? undefined : `Caught up: ${because}. All jobs are shown as they are now.`;
}

export class Notice {
  #node;
  #ticks = 0;

  /** @param {HTMLElement} node */
  constructor(node) {
    this.#node = node;
  }

  /** @param {string} text */
  show(text) {
    setText(this.#node, text);
    this.#node.hidden = false;
    this.#ticks = SEEN_TICKS;
  }

  /** A second has passed. */
  tick() {
    if (!document.hidden) this.#ticks -= 1;
    if (this.#ticks <= 0) this.#node.hidden = true;
  }
}
