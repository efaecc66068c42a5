/** The jobs that we know, and the stages of each pipeline that we have seen start. No DOM. */

import { advance, firstSight, isTerminal, withPlan } from "./job.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Event} Event */

export class Jobs {
  /** @type {Map<string, Job>} */
  #jobs = new Map();

  /** @type {Map<string, readonly string[]>} by pipeline, so that a waiting job can show what lies ahead of it */
  #plans = new Map();

  #limit;

  /** @param {number} limit when there are more, the oldest finished ones go first, then the oldest */
  constructor(limit) {
    this.#limit = limit;
  }

  /** @returns {Job[]} */
  all() {
    return [...this.#jobs.values()];
  }

  /** @param {string} id */
  get(id) {
    return this.#jobs.get(id);
  }

  /**
   * Take in an event.
   * @param {Event} event
   * @param {number} heardAt
   * @returns {string[]} the jobs that are not what they were: changed, or forgotten
   */
  apply(event, heardAt) {
    const before = this.#jobs.get(event.data.job.id);
    const after = advance(before, event, heardAt);
    if (!after || after === before) return [];
    const changed = this.#keep(after);
    return event.type === "job.started" ? [...changed, ...this.#learnPlan(after.pipeline, event.data.stages)] : changed;
  }

  /**
   * Take in a job that the gateway accepted from us, so that it shows even while the stream is down.
   * @param {{id: string, name: string, size: number, pipeline: string}} accepted
   * @param {number} now
   * @returns {string[]} as `apply`
   */
  accept(accepted, now) {
    return this.#jobs.has(accepted.id) ? [] : this.#keep(firstSight(accepted, now));
  }

  /**
   * @param {string} pipeline
   * @param {readonly string[]} stages
   */
  #learnPlan(pipeline, stages) {
    this.#plans.set(pipeline, stages);
    const nameless = this.all().filter((job) => job.pipeline === pipeline && isNameless(job));
    return nameless.flatMap((job) => this.#keep(job));
  }

  /** @param {Job} job */
  #keep(job) {
    this.#jobs.set(job.id, isNameless(job) ? withPlan(job, this.#plans.get(job.pipeline)) : job);
    return [job.id, ...this.#forget()];
  }

  #forget() {
    if (this.#jobs.size <= this.#limit) return [];
    // Ids rise with time (UUID version 7), so they are an order of age.
    const oldestFirst = [...this.#jobs.keys()].sort();
    const isFinished = (/** @type {string} */ id) => isTerminal(/** @type {Job} */ (this.#jobs.get(id)));
    const candidates = [...oldestFirst.filter(isFinished), ...oldestFirst];
    const gone = candidates.slice(0, 1);
    gone.forEach((id) => this.#jobs.delete(id));
    return gone;
  }
}

/** @param {Job} job */
function isNameless({ stages }) {
  return stages.length === 0 || stages.some(({ name }) => name === undefined);
}
