/** The page: puts jobs, uploads and the connection into the DOM, at most once a frame. */

import { Announcer } from "./announcer.js";
import { byId, setAttribute, setText } from "./element.js";
import { formatPercent } from "./format.js";
import { isTerminal } from "./job.js";
import { JobCard } from "./job-card.js";
import { caughtUp, Notice } from "./notice.js";
import { UploadCard } from "./upload-card.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./stream.js").Connection} Connection */

const CONNECTION_WORDS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  restarting: "Restarting",
  expired: "Signed out",
  ended: "All told",
};
const HIDDEN_FRAME_MS = 1_000; // a hidden page gets no animation frames, but its title is seen

export class View {
  announcer = new Announcer(byId("announcer"));
  #notice = new Notice(byId("notice"));
  #jobs;
  #uploads;
  /** @type {Connection} */
  #connection = "connecting";
  /** @type {Map<string, JobCard>} */
  #jobCards = new Map();
  /** @type {Map<string, UploadCard>} */
  #uploadCards = new Map();
  /** @type {Set<string>} jobs to draw in the next frame */
  #changed = new Set();
  #isScheduled = false;

  /**
   * @param {import("./jobs.js").Jobs} jobs
   * @param {import("./upload.js").Uploads} uploads
   */
  constructor(jobs, uploads) {
    this.#jobs = jobs;
    this.#uploads = uploads;
    document.addEventListener("visibilitychange", () => this.#draw());
  }

  /** @param {Connection} connection */
  showConnection(connection) {
    this.#connection = connection;
    this.#refreshUnfinished();
  }

  /** If a snapshot took the place of what was shown, say so and why. @param {string} reason */
  sayCaughtUp(reason) {
    const words = caughtUp(reason);
    if (!words) return;
    this.#notice.show(words);
    this.announcer.say(words);
  }

  /** Draw these jobs, and the uploads, in the next frame. @param {Iterable<string>} ids */
  refresh(ids) {
    for (const id of ids) this.#changed.add(id);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (document.hidden) setTimeout(() => this.#draw(), HIDDEN_FRAME_MS);
    else requestAnimationFrame(() => this.#draw());
  }

  /** A second has passed: durations grow, and silence with them. */
  tick() {
    this.#notice.tick();
    this.#refreshUnfinished();
  }

  #refreshUnfinished() {
    this.refresh(this.#jobs.all().filter((job) => !isTerminal(job)).map(({ id }) => id));
  }

  #draw() {
    this.#isScheduled = false;
    const at = { now: Date.now(), isLive: this.#connection === "live" };
    this.#drawUploads();
    this.#changed.forEach((id) => this.#drawJob(id, at));
    this.#changed.clear();
    this.#drawFrame(this.#jobs.all());
    this.announcer.speak();
  }

  /** @param {string} id @param {{now: number, isLive: boolean}} at */
  #drawJob(id, at) {
    const job = this.#jobs.get(id);
    if (!job) {
      this.#jobCards.get(id)?.node.remove();
      this.#jobCards.delete(id);
      return;
    }
    const card = this.#jobCards.get(id) ?? this.#addJobCard(job);
    card.update(job, at);
  }

  /** @param {Job} job */
  #addJobCard(job) {
    const card = new JobCard(job);
    const cards = /** @type {HTMLElement[]} */ ([...byId("jobs").children]);
    // Newest first: ids rise with time (UUID version 7).
    const older = cards.find(({ dataset }) => (dataset.job ?? "") < job.id);
    byId("jobs").insertBefore(card.node, older ?? null);
    this.#jobCards.set(job.id, card);
    return card;
  }

  #drawUploads() {
    const uploads = this.#uploads.all();
    const ids = new Set(uploads.map(({ id }) => id));
    uploads.forEach((upload) => (this.#uploadCards.get(upload.id) ?? this.#addUploadCard(upload)).update(upload));
    [...this.#uploadCards.keys()].filter((id) => !ids.has(id)).forEach((id) => this.#removeUploadCard(id));
    byId("uploads-section").hidden = uploads.length === 0;
  }

  /** @param {import("./upload.js").Upload} upload */
  #addUploadCard(upload) {
    const onRetry = () => this.#uploads.retry(upload.id);
    const onRemove = () => this.#uploads.remove(upload.id);
    const card = new UploadCard(upload, { onRetry, onRemove });
    byId("uploads").append(card.node);
    this.#uploadCards.set(upload.id, card);
    return card;
  }

  /** @param {string} id */
  #removeUploadCard(id) {
    const node = this.#uploadCards.get(id)?.node;
    // Who stood on its button would else be thrown back to the top of the page.
    if (node?.contains(document.activeElement)) byId("file").focus();
    node?.remove();
    this.#uploadCards.delete(id);
  }

  /** What stands around the cards. @param {Job[]} jobs */
  #drawFrame(jobs) {
    setAttribute(document.body, "data-connection", this.#connection);
    setText(byId("connection-text"), CONNECTION_WORDS[this.#connection]);
    setText(byId("tally"), tally(jobs));
    byId("empty").hidden = jobs.length > 0 || !this.#jobs.isComplete;
    document.title = title(jobs);
  }
}

/** @param {Job[]} jobs */
function tally(jobs) {
  const running = jobs.filter(({ state }) => state === "running").length;
  const waiting = jobs.filter(({ state }) => state === "queued" || state === "retrying").length;
  const finished = jobs.length - running - waiting;
  return jobs.length === 0 ? "" : `${running} running · ${waiting} waiting · ${finished} finished`;
}

/** @param {Job[]} jobs */
function title(jobs) {
  const running = jobs.filter(({ state }) => state === "running");
  if (running.length === 0) return "Stagecast";
  const share = running.reduce((sum, { overall }) => sum + overall, 0) / running.length;
  return `${formatPercent(share)} · ${running.length} running · Stagecast`;
}
