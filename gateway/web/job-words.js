/** A job in a few words. */

import { formatDuration, formatElapsed, formatGuess, formatSize, formatTime } from "./format.js";
import { elapsed, isTerminal } from "./job.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * What there is to know beside the job itself.
 * @typedef {object} Circumstances
 * @property {number} now
 * @property {boolean} isLive whether what we know is as it is
 * @property {number} ahead how many jobs wait before it
 * @property {number} [left] seconds, if there is a way to know
 */

const SILENCE_MS = 30_000; // a processor speaks at least every 10 s

/** @param {Job} job */
export function stateWord({ state }) {
  return say(state);
}

/** Whether it should have been heard of. @param {Job} job @param {number} now */
export function isStalled(job, now) {
  return job.state === "running" && now - job.receivedAt > SILENCE_MS;
}

/** @param {Job} job @param {number} now */
export function about(job, now) {
  const running = job.state === "running" ? elapsed(job, job.startedAt, now) : undefined;
  const parts = [formatSize(job.size), job.pipeline, formatTime(job.queuedAt, now)];
  if (running !== undefined) parts.push(formatElapsed(running));
  if (job.seconds !== undefined) parts.push(say("took", { time: formatDuration(job.seconds) }));
  if (job.attempt > 1) parts.push(say("attempt", { count: job.attempt }));
  return parts.join(" · ");
}

/** The job in one sentence. @param {Job} job @param {Circumstances} at */
export function status(job, { now, ahead }) {
  switch (job.state) {
    case "queued":
      return ahead > 0 ? say("waitingBehind", { count: ahead }) : say("waiting");
    case "running":
      return runningStatus(job);
    case "retrying":
      return nextTry(job, now);
    case "completed":
      return say("allDone");
    case "failed":
      return job.reason;
    default:
      return say("cancelledEarly");
  }
}

/** How long it may still take. @param {Job} job @param {Circumstances} at */
export function timeLeft(job, { left }) {
  if (job.state !== "running") return "";
  return left === undefined ? say("timeUnknown") : say("timeLeft", { time: formatGuess(left) });
}

/**
 * Whether what is shown is so: how long ago it was heard, or that nobody can know.
 * @param {Job} job
 * @param {Circumstances} at
 */
export function hearing(job, { now, isLive }) {
  if (isTerminal(job)) return "";
  if (!isLive) return say("outdated");
  if (job.state !== "running") return "";
  const time = formatElapsed((now - job.receivedAt) / 1000);
  return say(isStalled(job, now) ? "stalled" : "heard", { time });
}

/** @param {Job} job */
function runningStatus({ stages }) {
  const index = stages.findIndex(({ state }) => state === "running");
  if (index === -1) return say("working");
  const place = { number: index + 1, count: stages.length, name: stages[index].name };
  return say(place.name ? "stageOfNamed" : "stageOf", place);
}

/** @param {Job} job @param {number} now */
function nextTry(job, now) {
  const since = elapsed(job, job.retryAt, now);
  const isSoon = since === undefined || since >= 0;
  if (isSoon) return say("tryingSoon", { reason: job.reason });
  return say("tryingIn", { time: formatElapsed(Math.ceil(-since)), reason: job.reason });
}
