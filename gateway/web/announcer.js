/** Tells screen readers what starts and how it ends. Progress is not announced: it would never stop talking. */

import { setText } from "./element.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

const MOST_AT_ONCE = 3;
const PAUSE_MS = 2_000; // what comes together is said together, and not over what was just said
const RECENT_MS = 5 * 60_000; // what is replayed from long ago is no news

export class Announcer {
  #node;
  #spokeAt = 0;
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
    const isSilent = this.#sentences.length + this.#changes.length === 0;
    if (isSilent || Date.now() - this.#spokeAt < PAUSE_MS) return;
    const isMuch = this.#changes.length > MOST_AT_ONCE;
    const changes = isMuch ? [say("saidMany", { count: this.#changes.length })] : this.#changes;
    setText(this.#node, [...this.#sentences, ...changes].join(" "));
    this.#spokeAt = Date.now();
    this.#sentences = [];
    this.#changes = [];
  }
}

/** The change of a job in one sentence, if it is worth one. @param {Job} job */
export function describe({ state, name, reason }) {
  switch (state) {
    case "running":
      return say("saidStarted", { name });
    case "completed":
      return say("saidCompleted", { name });
    case "failed":
      return say("saidFailed", { name, reason });
    case "cancelled":
      return say("saidCancelled", { name });
    default:
      return undefined;
  }
}
