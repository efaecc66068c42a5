/** Tells screen readers what starts and how it ends. Progress is not announced: it would never stop talking. */

import { setText } from "./element.js";
import { formatCount } from "./format.js";

/** @typedef {import("./job.js").Job} Job */

const MOST_AT_ONCE = 3;
const RECENT_MS = 5 * 60_000; // what is replayed from long ago is no news

export class Announcer {
  #node;
  /** @type {string[]} both emptied by every `speak` */
  #sentences = [];
  /** @type {string[]} */
  #changes = [];

  /** @param {Element} node a polite live region */
  constructor(node) {
    this.#node = node;
  }

  /** @param {string} sentence */
  say(sentence) {
    this.#sentences.push(sentence);
  }

  /**
   * @param {Job | undefined} before nothing, if we join in the middle of it: then its state is no news
   * @param {Job | undefined} after nothing, if there are too many to keep it
   */
  tell(before, after) {
    if (!before || !after || before.state === after.state) return;
    const sentence = describe(after);
    if (sentence && Date.now() - after.heardAt < RECENT_MS) this.#changes.push(sentence);
  }

  /** Say what has come together, in few words when it is much. */
  speak() {
    if (this.#sentences.length + this.#changes.length === 0) return;
    const isMuch = this.#changes.length > MOST_AT_ONCE;
    const changes = isMuch ? [`${formatCount(this.#changes.length, "job")} changed.`] : this.#changes;
    setText(this.#node, [...this.#sentences, ...changes].join(" "));
    this.#sentences = [];
    this.#changes = [];
  }
}

/** @param {Job} job */
function describe({ state, name, reason }) {
  switch (state) {
    case "running":
      return `Started: ${name}.`;
    case "completed":
      return `Completed: ${name}.`;
    case "failed":
      return `Failed: ${name}. ${reason}`;
    case "cancelled":
      return `Cancelled: ${name}.`;
    default:
      return undefined;
  }
}
