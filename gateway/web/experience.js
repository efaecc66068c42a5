/** How long stages took, and so how long a job may still take. Pure: no DOM, no clock. */

import { elapsed } from "./job.js";

/** @typedef {import("./job.js").Job} Job */

const MOST_KEPT = 30; // of a stage; then the oldest goes
const SMALL = 100_000; // bytes: below, what a stage does for any file takes longer than the file's bytes
const ALIKE = 8; // files are alike when neither is more than so many times the other
const SURE_PROGRESS = 0.1; // before, a stage's own pace says little
const SURE_SECONDS = 2;

export class Experience {
  /** @type {Map<string, Map<string, {size: number, seconds: number}>>} by stage, then by job */
  #stages = new Map();

  /** @param {Job} job whose completed stages are to be remembered */
  learn({ id, pipeline, size, stages }) {
    stages.forEach(({ name, state, seconds }) => {
      if (!name || state !== "completed" || seconds === undefined) return;
      const key = stageKey(pipeline, name);
      const known = this.#stages.get(key) ?? new Map();
      this.#stages.set(key, known.set(id, { size, seconds }));
      if (known.size > MOST_KEPT) known.delete(known.keys().next().value);
    });
  }

  /**
   * How many seconds a running job may still take; nothing when we have not seen such stages on such files.
   * @param {Job} job
   * @param {number} now our clock
   * @returns {number | undefined}
   */
  left(job, now) {
    if (job.state !== "running" || job.stages.length === 0) return undefined;
    const parts = job.stages.filter(({ state }) => state !== "completed").map((stage) => this.#stageLeft(job, stage, now));
    return parts.reduce((sum, part) => (sum === undefined || part === undefined ? undefined : sum + part), 0);
  }

  /** @param {Job} job @param {import("./job.js").Stage} stage @param {number} now */
  #stageLeft(job, { name, state, startedAt, progress }, now) {
    const usual = this.#usual(job, name);
    if (state !== "running") return usual;
    const ran = elapsed(job, startedAt, now);
    if (ran === undefined) return undefined;
    if (usual !== undefined && ran < usual) return usual - ran;
    return progress >= SURE_PROGRESS && ran >= SURE_SECONDS ? (ran * (1 - progress)) / progress : undefined;
  }

  /** The median of what this stage took for files like this one. @param {Job} job @param {string} name */
  #usual({ pipeline, size }, name) {
    const known = [...(this.#stages.get(stageKey(pipeline, name))?.values() ?? [])];
    const alike = known.filter((other) => areAlike(size, other.size)).map(({ seconds }) => seconds);
    return alike.sort((one, other) => one - other)[Math.floor(alike.length / 2)];
  }
}

/** @param {string} pipeline @param {string} stage */
function stageKey(pipeline, stage) {
  return `${pipeline}/${stage}`;
}

/** @param {number} one @param {number} other both in bytes */
function areAlike(one, other) {
  const [less, more] = [Math.max(Math.min(one, other), SMALL), Math.max(one, other, SMALL)];
  return more <= less * ALIKE;
}
