/** One job, all of it: its stages, what it made, and what can be done about it. */

import { Artifacts } from "./artifacts.js";
import { element, fileName, progressBar, setAttribute, setText } from "./element.js";
import { formatPercent } from "./format.js";
import { about, hearing, isStalled, stateWord, status, timeLeft } from "./job-words.js";
import { isTerminal } from "./job.js";
import { StageRow } from "./stage-row.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

/**
 * @typedef {object} Commands
 * @property {(id: string) => Promise<void>} cancel
 * @property {(id: string) => Promise<void>} retry
 * @property {(id: string, name: string) => string} artifactUrl
 */

export class JobView {
  #badge = element("span", { class: "badge" });
  #about = element("p", { class: "about" });
  #bar;
  #percent = element("span", { class: "percent", "aria-hidden": "true" });
  #status = element("p", { class: "status" });
  #left = element("span", { class: "left" });
  #hearing = element("span", { class: "hearing" });
  #problem = element("p", { class: "problem", role: "alert" });
  #stages = element("ol", { class: "plain stages", "aria-labelledby": "stages-heading" });
  #noStages = element("p", { class: "hint" }, say("noStages"));
  #artifacts;
  #cancel;
  #retry;
  /** @type {StageRow[]} */
  #rows = [];
  /** @type {Job["state"] | undefined} of the job when a command was sent; it is under way until that changes */
  #commandedIn;

  heading;

  /** @type {HTMLElement} */
  node;

  /** @param {Job} job @param {Commands} to */
  constructor(job, to) {
    this.#bar = progressBar(say("progressOf", { name: job.name }));
    this.#artifacts = new Artifacts((name) => to.artifactUrl(job.id, name));
    this.#cancel = this.#button(() => to.cancel(job.id));
    this.#retry = this.#button(() => to.retry(job.id));
    this.heading = element("h2", { id: "job-heading", tabindex: "-1" }, fileName(job.name));
    this.node = element("article", { class: "card job", "data-job": job.id, "aria-labelledby": "job-heading" });
    this.node.append(this.#head(), this.#body());
  }

  /** @param {Job} job @param {import("./job-words.js").Circumstances} at */
  update(job, at) {
    setAttribute(this.node, "data-state", job.state);
    this.node.toggleAttribute("data-stalled", at.isLive && isStalled(job, at.now));
    setText(this.#badge, stateWord(job));
    setText(this.#about, about(job, at.now));
    setAttribute(this.#bar, "value", job.overall.toFixed(3));
    setText(this.#percent, formatPercent(job.overall));
    setText(this.#status, status(job, at));
    setText(this.#left, timeLeft(job, at));
    setText(this.#hearing, hearing(job, at));
    this.#updateButtons(job);
    this.#updateStages(job, at.now);
    this.#artifacts.update(job);
  }

  #head() {
    const buttons = element("div", { class: "buttons" }, this.#artifacts.report, this.#cancel, this.#retry);
    return element(
      "header",
      { class: "job-head" },
      element("div", { class: "line" }, this.heading, this.#badge),
      this.#about,
      element("div", { class: "overall" }, this.#bar, this.#percent),
      element("div", { class: "words" }, this.#status, element("p", { class: "times" }, this.#left, this.#hearing)),
      buttons,
      this.#problem,
    );
  }

  #body() {
    const stages = element("section", { class: "work" });
    stages.append(element("h3", { id: "stages-heading" }, say("stages")), this.#noStages, this.#stages);
    return element("div", { class: "body" }, stages, this.#artifacts.node);
  }

  /** @param {() => Promise<void>} command */
  #button(command) {
    const button = element("button", { class: "button small command", type: "button" });
    button.addEventListener("click", () => this.#obey(command));
    return button;
  }

  /** @param {() => Promise<void>} command */
  async #obey(command) {
    if (this.#commandedIn) return;
    this.#commandedIn = /** @type {Job["state"]} */ (this.node.dataset.state);
    setText(this.#problem, "");
    try {
      await command();
    } catch (problem) {
      this.#commandedIn = undefined;
      setText(this.#problem, say("commandFailed", { problem: /** @type {Error} */ (problem).message }));
    }
  }

  /** @param {Job} job */
  #updateButtons(job) {
    if (this.#commandedIn !== job.state) this.#commandedIn = undefined;
    const isBusy = this.#commandedIn !== undefined;
    const canRetry = job.state === "failed" || job.state === "cancelled";
    const hadFocus = this.#cancel === document.activeElement || this.#retry === document.activeElement;
    setText(this.#cancel, say(isBusy ? "cancelling" : "cancel"));
    setText(this.#retry, say(isBusy ? "retryingNow" : "retry"));
    // Not `disabled`: that would throw away the focus of who pressed it.
    setAttribute(this.#cancel, "aria-disabled", String(isBusy));
    setAttribute(this.#retry, "aria-disabled", String(isBusy));
    this.#cancel.hidden = isTerminal(job);
    this.#retry.hidden = !canRetry;
    if (hadFocus && (document.activeElement === document.body || !document.activeElement)) this.heading.focus();
  }

  /** @param {Job} job @param {number} now */
  #updateStages(job, now) {
    this.#noStages.hidden = job.stages.length > 0;
    while (this.#rows.length > job.stages.length) this.#rows.pop()?.node.remove();
    while (this.#rows.length < job.stages.length) this.#addRow();
    this.#rows.forEach((row, index) => row.update(job, index, now));
  }

  #addRow() {
    const row = new StageRow();
    this.#rows.push(row);
    this.#stages.append(row.node);
  }
}
