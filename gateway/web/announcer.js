/** Tells screen readers what starts and how it ends. Progress is not announced: it would never stop talking. */

import { setText } from "./element.js";
import { formatCount } from "./format.js";

/** @typedef {import("./job.js").Job} Job */

const MOST_AT_ONCE = 3;
const RECENT_MS = 5 * 60_000; // what is replayed from long ago is no news

export class Announcer {
  #node;
  /** @type {string[]} emptied by every `speak` */
  #sentences = [];

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
   * @param {Job} after
   */
  tell(before, after) {
    const isNews = before !== undefined && before.state !== after.state;
    const sentence = isNews ? describe(after) : undefined;
    if (sentence && after.heardAt - after.eventAt < RECENT_MS) this.say(sentence);
  }

  /** Say what has come together, in few words when it is much. */
  speak() {
    if (this.#sentences.length === 0) return;
    const much = this.#sentences.length > MOST_AT_ONCE;
    setText(this.#node, much ? `${formatCount(this.#sentences.length, "job")} changed.` : this.#sentences.join(" "));
    this.#sentences = [];
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
