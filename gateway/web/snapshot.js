/** `event: snapshot`: the jobs as they are now, in the JSON of `contracts/snapshot.py`, as the page has them. Pure. */

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Stage} Stage */

/**
 * @param {Record<string, any>} told
 * @param {number} now our clock
 * @returns {Job}
 */
export function readJob(told, now) {
  const { id, name, size, pipeline, owner } = told.job;
  const { attempt, sequence, state, overall = 0, artifacts = [], reason = "", seconds } = told;
  const heardAt = Date.parse(told.heard_at);
  return {
    id, name, size, pipeline, owner, attempt, sequence, state, overall, artifacts, reason, seconds, heardAt,
    stages: (told.stages ?? []).map(readStage),
    retryAt: time(told.retry_at),
    queuedAt: Date.parse(told.queued_at),
    startedAt: time(told.started_at),
    endedAt: time(told.ended_at),
    // Its newest event may be minutes old. That needs the two clocks to agree, until its next event corrects it.
    receivedAt: Math.min(now, heardAt),
  };
}

/** @param {Record<string, any>} told @returns {Stage} */
function readStage({ name = "", state, progress = 0, message = "", attempt, started_at, seconds }) {
  return { name, state, progress, message, attempt, startedAt: time(started_at), seconds };
}

/** @param {string | undefined} text */
function time(text) {
  return text === undefined ? undefined : Date.parse(text);
}
