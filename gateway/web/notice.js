/** A few words at the foot of the page that go by themselves. */

import { setText } from "./element.js";
import { say } from "./words.js";

const SEEN_TICKS = 10; // seconds; those of a hidden page do not count, for nobody has seen it

/** @type {Record<string, import("./words.js").Key>} why the stream could not send what we missed */
const REASONS = {
  "too-old": "tooOld",
  "too-much": "tooMuch",
  "fell-behind": "fellBehind",
  "unknown-id": "unknownId",
  "log-remade": "logRemade",
};

/**
 * What to say when we have what we missed.
 * @param {{missed?: number, reason?: string}} told
 */
export function caughtUp({ missed = 0, reason }) {
  if (reason === undefined) return say("caughtUpMissed", { count: missed });
  return say("caughtUp", { reason: say(REASONS[reason] ?? "someMissed") });
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
