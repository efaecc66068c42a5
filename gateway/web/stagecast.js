/**
 * Stagecast in your own page: uploads, and every job live. No dependencies, no build step.
 *
 * ```js
 * import { connect } from "./stagecast.js";
 *
 * const jobs = connect("http://localhost:8000/", { events: "http://localhost:8001/events" });
 * jobs.on("change", ({ jobs }) => jobs.forEach(({ name, state, overall }) => console.log(name, state, overall)));
 * await jobs.upload(file, { onProgress: (share) => console.log("sent", share) });
 * ```
 *
 * However many tabs are open, one stream is: see holder.js.
 */

import { listen } from "./holder.js";
import { Problem, readProblem } from "./problem.js";
import { send } from "./send.js";
import { readJob } from "./snapshot.js";

export { fold } from "./fold.js";
export { isTerminal } from "./job.js";
export { readJob } from "./snapshot.js";
export { Problem };

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Stage} Stage */
/** @typedef {import("./job.js").Artifact} Artifact */
/** @typedef {import("./stream.js").Connection} Connection */
/** @typedef {import("./events.js").Event} Event */

/**
 * What can be listened to. `change`: these jobs are not what they were, those are gone. `connection`: how well we hear.
 * `caughtup`: we were away, and now have what we missed; a `reason` says why that is a snapshot and not each event.
 * @typedef {object} Told
 * @property {{jobs: Job[], gone: string[]}} change
 * @property {Connection} connection
 * @property {{missed?: number, reason?: string}} caughtup
 */

/**
 * @typedef {object} Options
 * @property {string} [events] the address of the streams; `events` beside the service's own where nothing is said
 * @property {string} [owner] the pseudonym of who uploads here, if it is known: jobs just accepted are then theirs
 */

/**
 * @param {string} url where Stagecast is; what its query says goes along with every request
 * @param {Options} [options]
 */
export function connect(url, options = {}) {
  return new Client(url, options);
}

export class Client {
  #url;
  #owner;
  #feed;
  /** @type {Map<string, Job>} as many as the feed keeps */
  #jobs = new Map();
  #cursor = "";
  /** @type {Map<string, Set<(told: any) => void>>} */
  #listeners = new Map();

  /** @type {Connection} */
  connection = { state: "connecting" };

  /** Whether a snapshot has told us what there is: before, no jobs means nothing. */
  isComplete = false;

  /** @param {string} url @param {Options} options */
  constructor(url, { events = "events", owner }) {
    this.#url = new URL(url, globalThis.location?.href);
    this.#owner = owner;
    const known = () => ({ jobs: newestFirst(this.all()), cursor: this.#cursor });
    this.#feed = listen(this.#address(events), (word) => this.#hear(word), known);
    globalThis.addEventListener?.("offline", this.#offline);
    globalThis.addEventListener?.("online", this.#online);
    globalThis.addEventListener?.("pageshow", this.#shown);
  }

  /**
   * Call `listener` whenever it happens.
   * @template {keyof Told} K
   * @param {K} name
   * @param {(told: Told[K]) => void} listener
   * @returns {() => void} call it to hear no more
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** All jobs that we know, in no order. */
  all() {
    return [...this.#jobs.values()];
  }

  /** @param {string} id */
  get(id) {
    return this.#jobs.get(id);
  }

  /**
   * A job that the stream does not tell of, because it ended long ago.
   * @param {string} id
   * @returns {Promise<Job>}
   * @throws {Problem} when there is none
   */
  async fetch(id) {
    const answer = await this.#request(`jobs/${encodeURIComponent(id)}`);
    // A record says `null` of what an event leaves out.
    const told = JSON.parse(await answer.text(), (_, value) => value ?? undefined);
    return readJob(told, Date.now());
  }

  /**
   * Send a file. Its jobs are known at once, even while the stream is down. One over 8 MiB goes on where it broke
   * off, also after a reload once the same file is given again.
   * @param {File} file
   * @param {import("./send.js").SendOptions} [options]
   * @throws {Problem} when it was not accepted; `AbortError` when the signal said so
   */
  async upload(file, options) {
    const accepted = await send(this.#address("upload"), file, options);
    accepted.forEach((job) => this.#feed.say({ kind: "accept", job: { owner: this.#owner, ...job } }));
    return accepted;
  }

  /** End a job, wherever it is. The stream tells when. @param {string} id @throws {Problem} when it cannot be */
  async cancel(id) {
    await this.#request(`jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
  }

  /** Try a failed or cancelled job again. @param {string} id @throws {Problem} when it cannot be */
  async retry(id) {
    await this.#request(`jobs/${encodeURIComponent(id)}/retry`, { method: "POST" });
  }

  /** Where an artifact is. @param {string} id a job's @param {string} name */
  artifactUrl(id, name) {
    return this.#address(`jobs/${encodeURIComponent(id)}/artifacts/${encodeURIComponent(name)}`);
  }

  /** Hear no more. Other tabs are not touched. */
  close() {
    globalThis.removeEventListener?.("offline", this.#offline);
    globalThis.removeEventListener?.("online", this.#online);
    globalThis.removeEventListener?.("pageshow", this.#shown);
    this.#feed.close();
  }

  // A tab hears of its network sooner than a stream does that waits for bytes.
  #offline = () => this.#feed.say({ kind: "offline" });
  #online = () => this.#feed.say({ kind: "online" });
  // A page that comes out of the back-forward cache heard nothing in there.
  #shown = (/** @type {PageTransitionEvent} */ { persisted }) => persisted && this.#feed.say({ kind: "hello" });

  /** @param {import("./feed.js").Word} word */
  #hear(word) {
    this.#cursor = word.cursor ?? this.#cursor;
    if (word.connection) this.#setConnection(word.connection);
    if (word.kind === "caughtup") this.#tell("caughtup", { missed: word.missed, reason: word.reason });
    if (word.kind !== "state" && word.kind !== "change") return;
    this.isComplete = word.isComplete ?? this.isComplete;
    const { jobs = [], gone = [] } = word;
    const told = new Set(jobs.map(({ id }) => id));
    const lost = word.kind === "state" ? [...this.#jobs.keys()].filter((id) => !told.has(id)) : gone;
    jobs.forEach((job) => this.#jobs.set(job.id, job));
    lost.forEach((id) => this.#jobs.delete(id));
    this.#tell("change", { jobs, gone: lost });
  }

  /** @param {Connection} connection */
  #setConnection(connection) {
    this.connection = connection;
    this.#tell("connection", connection);
  }

  /** @template {keyof Told} K @param {K} name @param {Told[K]} told */
  #tell(name, told) {
    this.#listeners.get(name)?.forEach((listener) => listener(told));
  }

  /** @param {string} path */
  #address(path) {
    const address = new URL(path, this.#url);
    this.#url.searchParams.forEach((value, name) => address.searchParams.set(name, value));
    return address.href;
  }

  /** @param {string} path @param {RequestInit} [init] */
  async #request(path, init) {
    const answer = await fetch(this.#address(path), { credentials: "include", ...init }).catch(() => {
      throw new Problem("The connection to the server broke.");
    });
    if (!answer.ok) throw readProblem(answer.status, await answer.text(), answer.headers.get("Retry-After"));
    return answer;
  }
}

/** Ids rise with time (UUID version 7). @param {Job[]} jobs */
function newestFirst(jobs) {
  return jobs.sort((one, other) => (one.id < other.id ? 1 : -1));
}
