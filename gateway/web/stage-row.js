/** One stage of a job: a row of fixed height, so that nothing moves while its text and bar do. */

import { element, progressBar, setAttribute, setText } from "./element.js";
import { formatDuration, formatElapsed, formatPercent } from "./format.js";
import { elapsed, isTerminal } from "./job.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Stage} Stage */

export class StageRow {
  #name = element("span", { class: "stage-name" });
  #number = element("span", { class: "stage-number" });
  #message = element("span", { class: "stage-message" });
  #outcome = element("span", { class: "stage-outcome" });
  #bar = progressBar("");

  node = element(
    "li",
    { class: "stage" },
    element("span", { class: "icon", "aria-hidden": "true" }),
    this.#name,
    this.#number,
    this.#outcome,
    this.#message,
    this.#bar,
  );

  /**
   * @param {Job} job
   * @param {number} index which of its stages this row shows
   * @param {number} now
   */
  update(job, index, now) {
    const stage = job.stages[index];
    const name = stage.name || say("stage", { number: index + 1 });
    setAttribute(this.node, "data-stage", stage.name || String(index + 1));
    setAttribute(this.node, "data-state", stage.state);
    setText(this.#name, name);
    setText(this.#number, number(job, stage, index));
    setText(this.#message, stage.message);
    setAttribute(this.#message, "title", stage.message); // the row may cut it short
    setText(this.#outcome, outcome(job, stage, now));
    setAttribute(this.#bar, "aria-label", say("progressOf", { name }));
    setAttribute(this.#bar, "value", stage.progress.toFixed(3));
  }
}

/** Which it is, and in which attempt it ran, if that was not the first. @param {Job} job @param {Stage} stage @param {number} index */
function number(job, { attempt = 1 }, index) {
  const place = `${index + 1}/${job.stages.length}`;
  return attempt > 1 ? `${place} · ${say("attempt", { count: attempt })}` : place;
}

/**
 * How far the stage is, or how it ended.
 * @param {Job} job
 * @param {Stage} stage
 * @param {number} now
 */
function outcome(job, stage, now) {
  const took = stage.seconds === undefined ? "" : formatDuration(stage.seconds);
  switch (stage.state) {
    case "running":
      return joined(formatPercent(stage.progress), runningTime(job, stage, now));
    case "completed":
      return joined(say("done"), took);
    case "failed":
      return joined(say("stageFailed"), took);
    case "cancelled":
      return say("stageCancelled");
    default:
      return isTerminal(job) ? say("notRun") : say("pending");
  }
}

/** @param {Job} job @param {Stage} stage @param {number} now */
function runningTime(job, stage, now) {
  const seconds = elapsed(job, stage.startedAt, now);
  return seconds === undefined ? "" : formatElapsed(seconds);
}

/** @param {...string} parts */
function joined(...parts) {
  return parts.filter(Boolean).join(" · ");
}
