/**
 * The one that listens for all tabs: it holds the only stream of this browser, folds its events into jobs, and tells
 * the tabs what changed. It lives in a SharedWorker, or in the tab that holds the lock (holder.js).
 */

import { isTerminal } from "./job.js";
import { Jobs } from "./jobs.js";
import { readJob } from "./snapshot.js";
import { Stream } from "./stream.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./stream.js").Connection} Connection */

/**
 * What the feed tells the tabs.
 * @typedef {object} Word
 * @property {"state" | "change" | "connection" | "caughtup"} kind
 * @property {Job[]} [jobs] all of them in a `state`, else those that changed
 * @property {string[]} [gone]
 * @property {boolean} [isComplete] whether a snapshot has told us what there is
 * @property {string} [cursor] what a tab that takes over goes on from
 * @property {Connection} [connection]
 * @property {string} [reason] of a snapshot that took the place of what we had
 * @property {number} [missed] how many events came late, after we were away
 */

/**
 * What a tab says to the feed: that it is new here, what the gateway accepted from it, what its browser knows about
 * the network.
 * @typedef {{kind: "hello" | "offline" | "online"} | {kind: "accept", job: Record<string, any>}} Request
 */

const MOST_JOBS = 1_000;
const BATCH_MS = 50; // changes are told at most twenty times a second, however many events there are
const CATCHING_UP_MS = 1_000; // what we missed comes at once, when the stream is open again

export class Feed {
  #jobs = new Jobs(MOST_JOBS);
  #stream;
  /** @type {(word: Word) => void} */
  #tell;
  /** @type {Connection} */
  #connection = { state: "connecting" };
  /** @type {Set<string>} jobs to tell of; as many as there are jobs */
  #changed = new Set();
  #toldAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #telling;
  #openedAt = 0;
  #missed = 0;

  /**
   * @param {string} url
   * @param {(word: Word) => void} tell
   * @param {{jobs: Job[], cursor: string}} [known] by who listened before
   */
  constructor(url, tell, known) {
    this.#tell = tell;
    const to = {
      onEvent: (/** @type {import("./fold.js").Event} */ event) => this.#heard(event),
      onSnapshot: (/** @type {import("./stream.js").Snapshot} */ snapshot) => this.#replace(snapshot),
      onConnection: (/** @type {Connection} */ connection) => this.#connected(connection),
      isOver: () => asksForJobs(url) && this.#jobs.isComplete && this.#jobs.all().every(isTerminal),
    };
    if (known?.cursor) this.#jobs.replace(known.jobs, Date.now());
    this.#stream = new Stream(url, to, known?.cursor);
    this.#stream.open();
  }

  /** @param {Request} request */
  take(request) {
    if (request.kind === "hello") this.#greet();
    if (request.kind === "offline") this.#stream.lose();
    if (request.kind === "online" && this.#connection.state !== "live") this.#stream.open();
    if (request.kind === "accept") this.#change(this.#jobs.accept(/** @type {any} */ (request.job), Date.now()));
  }

  close() {
    clearTimeout(this.#telling);
    this.#stream.close();
  }

  #greet() {
    this.#tellState();
    // Whoever opens or reloads a page may have signed in.
    if (this.#connection.state === "expired") this.#stream.open();
  }

  #tellState() {
    const { isComplete } = this.#jobs;
    const { cursor } = this.#stream;
    this.#tell({ kind: "state", jobs: this.#jobs.all(), isComplete, cursor, connection: this.#connection });
  }

  /** @param {import("./fold.js").Event} event */
  #heard(event) {
    const changed = this.#jobs.apply(event, Date.now());
    if (changed.length > 0 && Date.parse(event.time) < this.#openedAt) this.#missed += 1;
    this.#change(changed);
  }

  /** @param {import("./stream.js").Snapshot} snapshot */
  #replace({ jobs, reason }) {
    const now = Date.now();
    this.#missed = 0;
    this.#change(this.#jobs.replace(jobs.map((job) => readJob(job, now)), now));
    this.#flush();
    if (reason !== "new") this.#tell({ kind: "caughtup", reason });
  }

  /** @param {Connection} connection */
  #connected(connection) {
    const isBack = connection.state === "live" && this.#stream.cursor !== "";
    this.#connection = connection;
    this.#tell({ kind: "connection", connection });
    if (!isBack) return;
    this.#missed = 0;
    this.#openedAt = Date.now();
    setTimeout(() => this.#caughtUp(), CATCHING_UP_MS);
  }

  #caughtUp() {
    this.#openedAt = 0;
    if (this.#missed > 0) this.#tell({ kind: "caughtup", missed: this.#missed });
    this.#missed = 0;
  }

  /** Tell at once after a quiet moment, else with what comes in the meantime. @param {string[]} ids */
  #change(ids) {
    ids.forEach((id) => this.#changed.add(id));
    const wait = this.#toldAt + BATCH_MS - Date.now();
    // The timers of a hidden tab may wait for a minute; those of a worker never.
    if (wait <= 0 || globalThis.document?.hidden) this.#flush();
    else this.#telling ??= setTimeout(() => this.#flush(), wait);
  }

  #flush() {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#toldAt = Date.now();
    const ids = [...this.#changed];
    this.#changed.clear();
    const jobs = ids.map((id) => this.#jobs.get(id)).filter((job) => job !== undefined);
    const gone = ids.filter((id) => !this.#jobs.get(id));
    const { isComplete } = this.#jobs;
    this.#tell({ kind: "change", jobs, gone, isComplete, cursor: this.#stream.cursor });
  }
}

/** Whether some jobs alone were asked for: then the server ends the stream with the last of them. @param {string} url */
function asksForJobs(url) {
  const { searchParams } = new URL(url);
  return searchParams.has("job") || searchParams.has("share");
}
