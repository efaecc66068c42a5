/**
 * A job after an event. Pure: no DOM, no clock, nothing is changed in place.
 *
 * The same as `fold` in `contracts/snapshot.py`; tests hold the two together. A reader may join in the middle of a job,
 * so any event is enough to show it; what nobody has told yet stays empty.
 */

import { birth, isNewer, pending } from "./job.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Stage} Stage */
/** @typedef {import("./job.js").StageState} StageState */
/** @typedef {import("./job.js").Artifact} Artifact */

/**
 * A CloudEvents envelope around a fact; see `contracts/events.py`.
 * @typedef {{type: string, time: string, data: Record<string, any>}} Event
 */

/** What was said of an end, or of a wait for another attempt, and is so no longer. */
const UNTOLD = { reason: "", retryAt: undefined, endedAt: undefined, seconds: undefined };

/** @type {Record<string, (job: Job, event: Event) => Partial<Job>>} */
const CHANGES = {
  "job.queued": () => ({ ...UNTOLD, state: "queued" }),
  "job.started": startJob,
  "stage.started": startStage,
  "stage.progressed": progressStage,
  "stage.completed": completeStage,
  "stage.failed": failStage,
  "job.retrying": retryJob,
  "job.completed": completeJob,
  "job.failed": (job, { data }) => end(job, { state: "failed", reason: data.reason, stages: stopped(job, "failed") }),
  "job.cancelled": (job) => end(job, { state: "cancelled", reason: "", stages: stopped(job, "cancelled") }),
};

/**
 * The job after an event; the same object if the event is not newer than what we have, or of a type we do not know.
 * @param {Job | undefined} job
 * @param {Event} event
 * @param {number} receivedAt our clock, in milliseconds
 * @returns {Job | undefined}
 */
export function fold(job, event, receivedAt) {
  const change = CHANGES[event.type];
  if (!change || (job && !isNewer(/** @type {any} */ (event.data), job))) return job;
  const { attempt, sequence, job: { id, name, size, pipeline, owner } } = event.data;
  const heardAt = Date.parse(event.time);
  const about = { id, name, size, pipeline, owner };
  const known = { ...(job ?? firstSight(event)), ...about, attempt, sequence, heardAt, receivedAt };
  return { ...known, ...change(known, event) };
}

/** @param {Event} event */
function firstSight({ type, time, data }) {
  const isAcceptance = type === "job.queued" && data.attempt === 1;
  const queuedAt = isAcceptance ? Date.parse(time) : (birth(data.job.id) ?? Date.parse(time));
  return { state: /** @type {const} */ ("queued"), overall: 0, stages: [], artifacts: [], reason: "", queuedAt };
}

/** Stages that an earlier attempt completed are kept; the one it broke off begins again. @type {typeof CHANGES[string]} */
function startJob(job, { data }) {
  const known = new Map(job.stages.filter(({ state }) => state === "completed").map((stage) => [stage.name, stage]));
  const stages = data.stages.map((/** @type {string} */ name) => known.get(name) ?? pending(name));
  return { ...UNTOLD, state: "running", stages, startedAt: job.heardAt };
}

/** @type {typeof CHANGES[string]} */
function startStage(job, event) {
  const { heardAt: startedAt } = job;
  return atStage(job, event, { state: "running", progress: 0, message: "", startedAt, seconds: undefined });
}

/** @type {typeof CHANGES[string]} */
function progressStage(job, event) {
  const { progress, message = "" } = event.data;
  return atStage(job, event, { state: "running", progress, message });
}

/** @type {typeof CHANGES[string]} */
function completeStage(job, event) {
  const { seconds, artifacts = [] } = event.data;
  const stage = atStage(job, event, { state: "completed", progress: 1, seconds });
  return { ...stage, artifacts: merged(job.artifacts, artifacts) };
}

/** @type {typeof CHANGES[string]} */
function failStage(job, event) {
  const { seconds, reason } = event.data;
  return atStage(job, event, { state: "failed", message: reason, seconds });
}

/** @type {typeof CHANGES[string]} */
function retryJob(job, { data }) {
  return { state: "retrying", reason: data.reason, retryAt: Date.parse(data.retry_at), stages: stopped(job, "failed") };
}

/** @type {typeof CHANGES[string]} */
function completeJob(job, { data }) {
  const { seconds, artifacts = [] } = data;
  const stages = job.stages.map((stage) => completed(stage));
  return end(job, { state: "completed", overall: 1, stages, artifacts: merged(job.artifacts, artifacts), seconds, reason: "" });
}

/** @param {Job} job @param {Partial<Job>} outcome @returns {Partial<Job>} */
function end(job, outcome) {
  return { ...outcome, endedAt: job.heardAt, retryAt: undefined };
}

/**
 * One stage changed. Stages run in order: those before it are done, those after it still wait.
 * @param {Job} job
 * @param {Event} event
 * @param {Partial<Stage>} change
 * @returns {Partial<Job>}
 */
function atStage(job, { data }, change) {
  const { name, index, count } = data.stage;
  const stages = Array.from({ length: count }, (_, position) => {
    const stage = job.stages[position] ?? pending("");
    if (position < index) return completed(stage);
    if (position > index) return pending(stage.name);
    return { ...stage, ...change, name, attempt: job.attempt };
  });
  return { ...UNTOLD, state: "running", overall: data.overall, stages };
}

/**
 * The stages of a job that stopped: whatever ran did not get to its end.
 * @param {Job} job
 * @param {StageState} state
 * @returns {Stage[]}
 */
function stopped(job, state) {
  return job.stages.map((stage) => (stage.state === "running" ? { ...stage, state } : stage));
}

/** @param {Stage} stage @returns {Stage} */
function completed(stage) {
  return stage.state === "completed" ? stage : { ...stage, state: "completed", progress: 1 };
}

/** @param {readonly Artifact[]} known @param {readonly Artifact[]} more @returns {Artifact[]} */
function merged(known, more) {
  const byName = new Map([...known, ...more].map((artifact) => [artifact.name, artifact]));
  return [...byName.values()];
}
