/** One job: its name, how far it is, its stages, and the files that they made. */

import { element, fileName, progressBar, setAttribute, setText } from "./element.js";
import { formatDuration, formatElapsed, formatPercent, formatSize, formatTime } from "./format.js";
import { elapsed, isTerminal } from "./job.js";
import { withShare } from "./share.js";
import { StageRow } from "./stage-row.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Artifact} Artifact */

const REPORT = "report.html";
const SILENCE_MS = 30_000; // a processor speaks at least every 10 s

const STATE_WORDS = {
  queued: "Waiting",
  running: "Running",
  retrying: "Will retry",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

export class JobCard {
  #id;
  #badge = element("span", { class: "badge" });
  #about = element("p", { class: "about" });
  #bar = progressBar("Progress of the whole job");
  #percent = element("span", { class: "percent", "aria-hidden": "true" });
  #status = element("p", { class: "status" });
  #doubt = element("p", { class: "doubt" });
  #stages = element("ol", { class: "plain stages", "aria-label": "Stages" });
  #report = reportLink();
  #artifacts = element("ul", { class: "plain artifacts", "aria-label": "Files made" });
  /** @type {StageRow[]} */
  #rows = [];
  /** @type {readonly Artifact[]} */
  #shown = [];

  /** @type {HTMLElement} */
  node;

  /** @param {Job} job */
  constructor(job) {
    this.#id = job.id;
    this.node = element("article", { class: "card job", "data-job": job.id, "aria-labelledby": `name-${job.id}` });
    this.node.append(
      element("div", { class: "line" }, element("h3", { id: `name-${job.id}` }, fileName(job.name)), this.#badge),
      this.#about,
      element("div", { class: "overall" }, this.#bar, this.#percent),
      element("div", { class: "line words" }, this.#status, this.#doubt),
      element("div", { class: "body" }, this.#stages, this.#made()),
    );
  }

  /**
   * @param {Job} job
   * @param {{now: number, isLive: boolean}} at
   */
  update(job, { now, isLive }) {
    setAttribute(this.node, "data-state", job.state);
    setText(this.#badge, STATE_WORDS[job.state]);
    setText(this.#about, about(job, now));
    setAttribute(this.#bar, "value", job.overall.toFixed(3));
    setText(this.#percent, formatPercent(job.overall));
    setText(this.#status, status(job, now));
    setText(this.#doubt, doubt(job, now, isLive));
    this.#updateStages(job, now);
    this.#updateArtifacts(job);
  }

  #made() {
    return element("div", { class: "made" }, element("div", { class: "made-inner" }, this.#report, this.#artifacts));
  }

  /** @param {Job} job @param {number} now */
  #updateStages(job, now) {
    while (this.#rows.length > job.stages.length) this.#rows.pop()?.node.remove();
    while (this.#rows.length < job.stages.length) this.#addRow();
    this.#rows.forEach((row, index) => row.update(job, index, now));
  }

  #addRow() {
    const row = new StageRow();
    this.#rows.push(row);
    this.#stages.append(row.node);
  }

  /** @param {Job} job */
  #updateArtifacts({ artifacts }) {
    if (areSame(artifacts, this.#shown)) return; // else a link would lose the focus
    const report = artifacts.find(({ name }) => name === REPORT);
    if (report) setAttribute(this.#report, "href", this.#address(report));
    this.#report.hidden = !report;
    this.#artifacts.replaceChildren(...artifacts.filter((each) => each !== report).map((each) => this.#item(each)));
    this.#shown = artifacts;
  }

  /** @param {Artifact} artifact */
  #item(artifact) {
    const link = element("a", { href: this.#address(artifact), download: artifact.name }, fileName(artifact.name));
    return element("li", {}, link, element("span", { class: "size" }, formatSize(artifact.size)));
  }

  /** @param {Artifact} artifact */
  #address({ name }) {
    const { pathname, search } = withShare(new URL(`/jobs/${this.#id}/artifacts/${encodeURIComponent(name)}`, location.href));
    return pathname + search;
  }
}

/** @param {readonly Artifact[]} some @param {readonly Artifact[]} others */
function areSame(some, others) {
  const isSame = (/** @type {Artifact} */ { name, size }, /** @type {number} */ index) =>
    name === others[index].name && size === others[index].size;
  return some.length === others.length && some.every(isSame);
}

function reportLink() {
  const hint = element("span", { class: "visually-hidden" }, " (opens in a new tab)");
  const link = element("a", { class: "button report", target: "_blank", rel: "noopener" }, "Open report", hint);
  link.hidden = true;
  return link;
}

/** @param {Job} job @param {number} now */
function about(job, now) {
  const running = job.state === "running" ? elapsed(job, job.startedAt, now) : undefined;
  const parts = [formatSize(job.size), job.pipeline, formatTime(job.queuedAt, now)];
  if (running !== undefined) parts.push(formatElapsed(running));
  if (job.seconds !== undefined) parts.push(`took ${formatDuration(job.seconds)}`);
  if (job.attempt > 1) parts.push(`attempt ${job.attempt}`);
  return parts.join(" · ");
}

/**
 * The job in one sentence.
 * @param {Job} job
 * @param {number} now
 */
function status(job, now) {
  switch (job.state) {
    case "queued":
      return "Waiting for a free processor.";
    case "running":
      return runningStatus(job);
    case "retrying":
      return `${nextTry(job, now)} ${job.reason}`;
    case "completed":
      return "All stages are done.";
    case "failed":
      return job.reason;
    default:
      return "Cancelled before the end.";
  }
}

/** @param {Job} job */
function runningStatus({ stages }) {
  const index = stages.findIndex(({ state }) => state === "running");
  if (index === -1) return "Working.";
  return `Stage ${index + 1} of ${stages.length}${stages[index].name ? `: ${stages[index].name}` : ""}`;
}

/** @param {Job} job @param {number} now */
function nextTry(job, now) {
  const since = elapsed(job, job.retryAt, now);
  if (since === undefined || since >= 0) return "Trying again soon.";
  return `Trying again in ${formatElapsed(Math.ceil(-since))}.`;
}

/**
 * Why what is shown may not be so, if there is a reason to think it.
 * @param {Job} job
 * @param {number} now
 * @param {boolean} isLive
 */
function doubt(job, now, isLive) {
  if (isTerminal(job)) return "";
  if (!isLive) return "may be outdated";
  const silence = now - job.receivedAt;
  return job.state === "running" && silence > SILENCE_MS ? `no word for ${formatElapsed(silence / 1000)}` : "";
}
