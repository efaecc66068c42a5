/** One job in the list: a row of fixed height, so that nothing moves while it does. */

import { element, fileName, setAttribute, setText } from "./element.js";
import { formatPercent } from "./format.js";
import { about, hearing, isStalled, stateWord, status, timeLeft } from "./job-words.js";
import { jobAddress } from "./route.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./job.js").Stage} Stage */

/** @type {Stage} what a job shows whose stages nobody has told yet */
const UNTOLD = { name: "", state: "pending", progress: 0, message: "" };

export class JobRow {
  #badge = element("span", { class: "badge" });
  #about = element("p", { class: "about" });
  #bar = element("div", { class: "segments", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" });
  #percent = element("span", { class: "percent", "aria-hidden": "true" });
  #status = element("p", { class: "status" });
  #left = element("p", { class: "left" });

  /** @type {HTMLElement} */
  node;

  /** @param {Job} job */
  constructor(job) {
    const link = element("a", { href: jobAddress(job.id) }, fileName(job.name));
    const heading = element("h3", { id: `name-${job.id}`, title: job.name }, link);
    this.node = element("li", { class: "card row", "data-job": job.id });
    const words = element("div", { class: "row-words" }, this.#status, this.#left);
    this.node.append(heading, this.#badge, this.#about, this.#bar, this.#percent, words);
    setAttribute(this.#bar, "aria-label", say("progressOf", { name: job.name }));
  }

  /** @param {Job} job @param {import("./job-words.js").Circumstances} at */
  update(job, at) {
    setAttribute(this.node, "data-state", job.state);
    this.node.toggleAttribute("data-stalled", at.isLive && isStalled(job, at.now));
    setText(this.#badge, stateWord(job));
    setText(this.#about, about(job, at.now));
    setText(this.#percent, formatPercent(job.overall));
    setAttribute(this.#bar, "aria-valuenow", String(Math.floor(job.overall * 100)));
    setText(this.#status, status(job, at));
    setText(this.#left, [timeLeft(job, at), hearing(job, at)].filter(Boolean).join(" · "));
    this.#updateSegments(job);
  }

  /** @param {Job} job */
  #updateSegments(job) {
    const stages = job.stages.length > 0 ? job.stages : [UNTOLD];
    const segments = /** @type {HTMLCollectionOf<HTMLElement>} */ (this.#bar.children);
    while (segments.length > stages.length) segments[segments.length - 1].remove();
    while (segments.length < stages.length) this.#bar.append(element("span", { class: "segment" }, element("span")));
    stages.forEach((stage, index) => updateSegment(segments[index], stage, index));
  }
}

/** @param {HTMLElement} segment @param {Stage} stage @param {number} index */
function updateSegment(segment, { name, state, progress }, index) {
  setAttribute(segment, "data-stage", name || String(index + 1));
  setAttribute(segment, "data-state", state);
  const fill = /** @type {HTMLElement} */ (segment.firstElementChild);
  const share = `scaleX(${progress.toFixed(3)})`;
  if (fill.style.transform !== share) fill.style.transform = share;
}
