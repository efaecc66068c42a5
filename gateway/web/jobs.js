/** The jobs that we know, and the stages of each pipeline that we have seen start. No DOM. */

import { fold } from "./fold.js";
import { accepted, isNameless, isNewer, isTerminal, withPlan } from "./job.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./fold.js").Event} Event */

const UNHEARD_MS = 60_000; // after so long without a word about it, a job that the snapshot has not is no job

export class Jobs {
  /** @type {Map<string, Job>} */
  #jobs = new Map();

  /** @type {Map<string, readonly string[]>} by pipeline, so that a waiting job can show what lies ahead of it */
  #plans = new Map();

  #limit;

  /** Whether a snapshot has told us what there is: before, no jobs means nothing. */
  isComplete = false;

  /** @param {number} limit when there are more, the oldest finished ones go first, then the oldest */
  constructor(limit) {
    this.#limit = limit;
  }

  /** @returns {Job[]} */
  all() {
    return [...this.#jobs.values()].map((job) => this.#planned(job));
  }

  /** @param {string} id */
  get(id) {
    const job = this.#jobs.get(id);
    return job && this.#planned(job);
  }

  /**
   * Take in an event.
   * @param {Event} event
   * @param {number} now
   * @returns {string[]} the jobs that are not what they were: changed, or forgotten
   */
  apply(event, now) {
    const before = this.#jobs.get(event.data.job.id);
    const after = fold(before, event, now);
    if (!after || after === before) return [];
    const changed = this.#keep([after]);
    return event.type === "job.started" ? [...changed, ...this.#learnPlans([after])] : changed;
  }

  /**
   * Take a snapshot in place of what we have; of a job of which we know more already, that is kept.
   * @param {readonly Job[]} jobs the newest first
   * @param {number} now
   * @returns {string[]} as `apply`
   */
  replace(jobs, now) {
    this.isComplete = true;
    const told = new Set(jobs.map(({ id }) => id));
    const gone = [...this.#jobs.values()].filter((job) => !told.has(job.id) && !isJustAccepted(job, now));
    gone.forEach(({ id }) => this.#jobs.delete(id));
    const news = jobs.filter((job) => !this.#knowsMoreThan(job));
    return [...gone.map(({ id }) => id), ...this.#keep(news), ...this.#learnPlans(news)];
  }

  /**
   * Take in a job that the gateway accepted from us, so that it shows even while the stream is down.
   * @param {{id: string, name: string, size: number, pipeline: string, owner?: string}} job
   * @param {number} now
   * @returns {string[]} as `apply`
   */
  accept(job, now) {
    return this.#jobs.has(job.id) ? [] : this.#keep([accepted(job, now)]);
  }

  /** @param {Job} job */
  #planned(job) {
    return isNameless(job) ? withPlan(job, this.#plans.get(job.pipeline)) : job;
  }

  /** @param {Job} job */
  #knowsMoreThan(job) {
    const known = this.#jobs.get(job.id);
    return known !== undefined && isNewer(known, job);
  }

  /** @param {readonly Job[]} jobs the newest first: their plan is the one that holds */
  #learnPlans(jobs) {
    const planned = jobs.filter((job) => !isNameless(job)).reverse();
    planned.forEach(({ pipeline, stages }) => this.#plans.set(pipeline, stages.map(({ name }) => name)));
    return [...this.#jobs.values()].filter(isNameless).map(({ id }) => id);
  }

  /** @param {readonly Job[]} jobs */
  #keep(jobs) {
    jobs.forEach((job) => this.#jobs.set(job.id, job));
    return [...jobs.map(({ id }) => id), ...this.#forget()];
  }

  #forget() {
    const excess = this.#jobs.size - this.#limit;
    if (excess <= 0) return [];
    // Ids rise with time (UUID version 7), so they are an order of age.
    const oldestFirst = [...this.#jobs.keys()].sort();
    const isFinished = (/** @type {string} */ id) => isTerminal(/** @type {Job} */ (this.#jobs.get(id)));
    const candidates = new Set([...oldestFirst.filter(isFinished), ...oldestFirst]);
    const gone = [...candidates].slice(0, excess);
    gone.forEach((id) => this.#jobs.delete(id));
    return gone;
  }
}

/**
 * Whether the gateway gave us this job, and the stream has not spoken of it yet: the snapshot may be older than it.
 * @param {Job} job
 * @param {number} now
 */
function isJustAccepted({ sequence, receivedAt }, now) {
  return sequence < 0 && now - receivedAt < UNHEARD_MS;
}
