/** The files that a person gave this page, on their way to the gateway. How one is sent is in send.js. */

import { formatElapsed } from "./format.js";
import { Problem } from "./problem.js";
import { randomId } from "./send.js";
import { say } from "./words.js";

/** @typedef {"waiting" | "sending" | "storing" | "failed"} UploadState */

/**
 * @typedef {object} Upload
 * @property {string} id ours, and the key by which the gateway knows a second try for the same upload
 * @property {File} file
 * @property {UploadState} state
 * @property {number} sent 0 to 1
 * @property {string} problem why it failed
 * @property {AbortController} [sending]
 */

/** One request a file, so that each has its own progress and its own failure; `limit` of them at a time. */
export class Uploads {
  /** @type {Map<string, Upload>} in the order chosen; as many as the person chose */
  #uploads = new Map();
  #limit;
  #to;

  /**
   * @param {number} limit
   * @param {object} to
   * @param {(file: File, options: import("./send.js").SendOptions) => Promise<unknown>} to.send
   * @param {() => void} to.onChange
   * @param {(file: File, problem: string) => void} to.onFailed
   * @param {(file: File) => void} to.onGivenUp one that failed
   */
  constructor(limit, to) {
    this.#limit = limit;
    this.#to = to;
  }

  /** @returns {Upload[]} */
  all() {
    return [...this.#uploads.values()];
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const id = randomId();
      this.#uploads.set(id, { id, file, state: "waiting", sent: 0, problem: "" });
    }
    this.#next();
  }

  /** @param {string} id */
  retry(id) {
    this.#change(id, { state: "waiting", sent: 0, problem: "" });
    this.#next();
  }

  /** Stop it, if it is on its way, and forget it. @param {string} id */
  remove(id) {
    const upload = this.#uploads.get(id);
    this.#uploads.delete(id); // first: what is still said of it is then about nobody
    upload?.sending?.abort();
    if (upload?.state === "failed") this.#to.onGivenUp(upload.file);
    this.#next();
  }

  #next() {
    const active = this.all().filter(({ state }) => state === "sending" || state === "storing").length;
    const waiting = this.all().filter(({ state }) => state === "waiting");
    waiting.slice(0, this.#limit - active).forEach((upload) => this.#send(upload));
    this.#to.onChange();
  }

  /** @param {Upload} upload */
  #send({ id, file }) {
    const sending = new AbortController();
    this.#change(id, { state: "sending", sending });
    const onProgress = (/** @type {number} */ sent) => this.#change(id, { sent, state: sent < 1 ? "sending" : "storing" });
    this.#to.send(file, { key: id, onProgress, signal: sending.signal }).then(
      () => this.remove(id),
      (problem) => this.#fail(id, explain(problem)),
    );
  }

  /** @param {string} id @param {string} problem */
  #fail(id, problem) {
    const upload = this.#uploads.get(id);
    if (upload) this.#to.onFailed(upload.file, problem);
    this.#change(id, { state: "failed", problem, sending: undefined });
    this.#next();
  }

  /** @param {string} id @param {Partial<Upload>} change */
  #change(id, change) {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    this.#uploads.set(id, { ...upload, ...change });
    this.#to.onChange();
  }
}

/** Why the gateway said no, in its own words where it had some. @param {unknown} problem */
function explain(problem) {
  if (!(problem instanceof Problem)) return String(problem);
  const { status, message, retryAfter } = problem;
  if (status === 0) return say("connectionBroke");
  const said = message || say("silentServer", { status });
  return retryAfter ? say("tryAgainIn", { problem: said, time: formatElapsed(retryAfter) }) : said;
}
