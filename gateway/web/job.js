/** One job as it is shown. Pure: no DOM, no clock. What its events make of it is in fold.js. */

/** @typedef {"queued" | "running" | "retrying" | "completed" | "failed" | "cancelled"} JobState */
/** @typedef {"pending" | "running" | "completed" | "failed" | "cancelled"} StageState */
/** @typedef {{name: string, size: number, media_type: string}} Artifact */

/**
 * All times are in milliseconds, and by the sender's clock where nothing else is said.
 *
 * @typedef {object} Stage
 * @property {string} name empty when nobody has told it yet
 * @property {StageState} state
 * @property {number} progress 0 to 1
 * @property {string} message
 * @property {number} [attempt] the one that ran it last
 * @property {number} [startedAt]
 * @property {number} [seconds] how long it ran
 */

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} name
 * @property {number} size bytes
 * @property {string} pipeline
 * @property {string} [owner] the pseudonym of who sent it
 * @property {number} attempt
 * @property {number} sequence
 * @property {JobState} state
 * @property {number} overall 0 to 1
 * @property {readonly Stage[]} stages
 * @property {readonly Artifact[]} artifacts
 * @property {string} reason why it failed, or why it is tried again
 * @property {number} [retryAt]
 * @property {number} queuedAt
 * @property {number} [startedAt] when the last attempt began
 * @property {number} heardAt when the newest event happened
 * @property {number} receivedAt when that came to us, by our clock
 * @property {number} [endedAt]
 * @property {number} [seconds] how long the last attempt ran, once it is complete
 */

/** @type {ReadonlySet<JobState>} */
const TERMINAL_STATES = new Set(["completed", "failed", "cancelled"]);

/**
 * A job of which only its acceptance is known. Every event about it is newer.
 * @param {{id: string, name: string, size: number, pipeline: string, owner?: string}} about
 * @param {number} now our clock
 * @returns {Job}
 */
export function accepted({ id, name, size, pipeline, owner }, now) {
  return {
    id, name, size, pipeline, owner,
    attempt: 0, sequence: -1, state: "queued", overall: 0, stages: [], artifacts: [], reason: "",
    queuedAt: birth(id) ?? now, heardAt: now, receivedAt: now,
  };
}

/**
 * When a job was accepted: a UUID of version 7 begins with it (RFC 9562, 5.7).
 * @param {string} id
 * @returns {number | undefined}
 */
export function birth(id) {
  return id[14] === "7" ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;
}

/** @param {Job} job */
export function isTerminal(job) {
  return TERMINAL_STATES.has(job.state);
}

/**
 * Whether the first tells more than the second: within a job `(attempt, sequence)` only rises.
 * @param {{attempt: number, sequence: number}} one
 * @param {{attempt: number, sequence: number}} other
 */
export function isNewer(one, other) {
  return one.attempt > other.attempt || (one.attempt === other.attempt && one.sequence > other.sequence);
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
  return startedAt === undefined ? undefined : (job.heardAt - startedAt + now - job.receivedAt) / 1000;
}

/** @param {string} name @returns {Stage} */
export function pending(name) {
  return { name, state: "pending", progress: 0, message: "" };
}

/** Whether nobody has told yet what all its stages are. @param {Job} job */
export function isNameless({ stages }) {
  return stages.length === 0 || stages.some(({ name }) => !name);
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
  return { ...job, stages: names.map((name, index) => ({ ...(job.stages[index] ?? pending(name)), name })) };
}
