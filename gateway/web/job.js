/**
 * One job, as its events tell it. Pure: no DOM, no clock, nothing is changed in place.
 *
 * A reader may join in the middle of a job, so any event is enough to show it; what nobody has told yet stays empty.
 */

/** @typedef {"queued" | "running" | "retrying" | "completed" | "failed" | "cancelled"} JobState */
/** @typedef {"pending" | "running" | "completed" | "failed" | "cancelled"} StageState */
/** @typedef {{name: string, size: number, media_type: string}} Artifact */

/**
 * @typedef {object} Stage
 * @property {string} [name] unknown when we joined after it
 * @property {StageState} state
 * @property {number} progress 0 to 1
 * @property {string} message
 * @property {number} [startedAt] the processor's clock, in milliseconds
 * @property {number} [seconds] how long it ran
 */

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} name
 * @property {number} size bytes
 * @property {string} pipeline
 * @property {number} attempt
 * @property {number} sequence
 * @property {JobState} state
 * @property {number} overall 0 to 1
 * @property {readonly Stage[]} stages
 * @property {readonly Artifact[]} artifacts
 * @property {string} reason why it failed, or why it is tried again
 * @property {number} [retryAt] the processor's clock
 * @property {number} [startedAt] the processor's clock
 * @property {number} [seconds] how long the last attempt ran
 * @property {number} bornAt the gateway's clock
 * @property {number} eventAt when the newest event happened, by its sender's clock
 * @property {number} heardAt when we got it, by ours
 */

/**
 * A CloudEvents envelope around a fact; see `contracts/events.py`.
 * @typedef {{type: string, time: string, data: Record<string, any>}} Event
 */

/** @type {Record<string, (job: Job, event: Event) => Job>} */
const REACTIONS = {
  "job.queued": (job) => ({ ...job, state: "queued", reason: "", retryAt: undefined }),
  "job.started": startJob,
  "stage.started": startStage,
  "stage.progressed": progressStage,
  "stage.completed": completeStage,
  "stage.failed": failStage,
  "job.retrying": retryJob,
  "job.completed": completeJob,
  "job.failed": (job, { data }) => ({ ...job, state: "failed", reason: data.reason, stages: stopStages(job, "failed") }),
  "job.cancelled": (job) => ({ ...job, state: "cancelled", reason: "", stages: stopStages(job, "cancelled") }),
};

/** @type {ReadonlySet<JobState>} */
const TERMINAL_STATES = new Set(["completed", "failed", "cancelled"]);

/**
 * The job after an event; the same object if the event is not newer than what we have, or of a type we do not know.
 * @param {Job | undefined} job
 * @param {Event} event
 * @param {number} heardAt our clock, in milliseconds
 * @returns {Job | undefined}
 */
export function advance(job, event, heardAt) {
  const react = REACTIONS[event.type];
  if (!react || (job && !isNewer(event, job))) return job;
  const { attempt, sequence } = event.data;
  const eventAt = Date.parse(event.time);
  const known = job ?? firstSight(event.data.job, eventAt);
  return react({ ...known, attempt, sequence, eventAt, heardAt }, event);
}

/**
 * A job of which only its acceptance is known. Every event about it is newer.
 * @param {{id: string, name: string, size: number, pipeline: string}} about
 * @param {number} now
 * @returns {Job}
 */
export function firstSight({ id, name, size, pipeline }, now) {
  return {
    id, name, size, pipeline,
    attempt: 0, sequence: -1, state: "queued", overall: 0, stages: [], artifacts: [], reason: "",
    bornAt: birth(id) ?? now, eventAt: now, heardAt: now,
  };
}

/** @param {Job} job */
export function isTerminal(job) {
  return TERMINAL_STATES.has(job.state);
}

/**
 * How long something has run, in seconds. Their clock measures up to the newest event and ours from there, so it is
 * right even when the two disagree.
 * @param {Job} job
 * @param {number | undefined} startedAt their clock
 * @param {number} now our clock
 * @returns {number | undefined}
 */
export function elapsed(job, startedAt, now) {
  return startedAt === undefined ? undefined : (job.eventAt - startedAt + now - job.heardAt) / 1000;
}

/**
 * The same job under the stages that its pipeline is known to have: they are shown as waiting before it starts.
 * @param {Job} job
 * @param {readonly string[] | undefined} names
 * @returns {Job}
 */
export function withPlan(job, names) {
  const isOver = job.stages.length === 0 && isTerminal(job); // then nobody told how far it came
  const isOther = job.stages.length > 0 && job.stages.length !== names?.length;
  if (!names || isOver || isOther) return job;
  return { ...job, stages: names.map((name, index) => ({ ...stageAt(job.stages, index), name })) };
}

/** @param {Event} event @param {Job} job */
function isNewer({ data }, job) {
  return data.attempt > job.attempt || (data.attempt === job.attempt && data.sequence > job.sequence);
}

/**
 * When a job was accepted: a UUID of version 7 begins with it (RFC 9562, 5.7).
 * @param {string} id
 * @returns {number | undefined}
 */
function birth(id) {
  return id[14] === "7" ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;
}

/** @type {typeof REACTIONS[string]} */
function startJob(job, { data }) {
  const planned = withPlan({ ...job, stages: job.stages.slice(0, data.stages.length) }, data.stages);
  // Stages that an earlier attempt completed are kept; the one it broke off begins again.
  const stages = planned.stages.map((stage) => (stage.state === "completed" ? stage : pending(stage.name)));
  return { ...planned, stages, state: "running", startedAt: job.eventAt, seconds: undefined, reason: "", retryAt: undefined };
}

/** @type {typeof REACTIONS[string]} */
function startStage(job, event) {
  return atStage(job, event, () => ({ state: "running", progress: 0, message: "", startedAt: job.eventAt, seconds: undefined }));
}

/** @type {typeof REACTIONS[string]} */
function progressStage(job, event) {
  const { progress, message = "" } = event.data;
  return atStage(job, event, () => ({ state: "running", progress, message }));
}

/** @type {typeof REACTIONS[string]} */
function completeStage(job, event) {
  const { seconds, artifacts = [] } = event.data;
  const after = atStage(job, event, () => ({ state: "completed", progress: 1, seconds }));
  return { ...after, artifacts: mergeArtifacts(job.artifacts, artifacts) };
}

/** @type {typeof REACTIONS[string]} */
function failStage(job, event) {
  const { seconds, reason } = event.data;
  return atStage(job, event, (stage) => ({ state: "failed", progress: stage.progress, message: reason, seconds }));
}

/** @type {typeof REACTIONS[string]} */
function retryJob(job, { data }) {
  const stages = stopStages(job, "failed");
  return { ...job, stages, state: "retrying", reason: data.reason, retryAt: Date.parse(data.retry_at) };
}

/** @type {typeof REACTIONS[string]} */
function completeJob(job, { data }) {
  const stages = job.stages.map((stage) => completed(stage));
  const artifacts = mergeArtifacts(job.artifacts, data.artifacts ?? []);
  return { ...job, stages, artifacts, state: "completed", overall: 1, seconds: data.seconds, reason: "" };
}

/**
 * The job with one stage changed. Stages run in order: those before it are done, those after it still wait.
 * @param {Job} job
 * @param {Event} event
 * @param {(stage: Stage) => Partial<Stage>} change
 * @returns {Job}
 */
function atStage(job, { data }, change) {
  const { name, index, count } = data.stage;
  const stages = Array.from({ length: count }, (_, position) => {
    const stage = stageAt(job.stages, position);
    if (position < index) return completed(stage);
    if (position > index) return pending(stage.name);
    return { ...stage, ...change(stage), name };
  });
  return { ...job, stages, state: "running", overall: data.overall };
}

/**
 * The stages of a job that stopped: whatever ran did not get to its end.
 * @param {Job} job
 * @param {StageState} state
 * @returns {Stage[]}
 */
function stopStages(job, state) {
  return job.stages.map((stage) => (stage.state === "running" ? { ...stage, state } : stage));
}

/** @param {readonly Stage[]} stages @param {number} index @returns {Stage} */
function stageAt(stages, index) {
  return stages[index] ?? pending(undefined);
}

/** @param {string | undefined} name @returns {Stage} */
function pending(name) {
  return { name, state: "pending", progress: 0, message: "" };
}

/** @param {Stage} stage @returns {Stage} */
function completed(stage) {
  return stage.state === "completed" ? stage : { ...stage, state: "completed", progress: 1 };
}

/** @param {readonly Artifact[]} known @param {readonly Artifact[]} more @returns {Artifact[]} */
function mergeArtifacts(known, more) {
  const byName = new Map([...known, ...more].map((artifact) => [artifact.name, artifact]));
  return [...byName.values()];
}
