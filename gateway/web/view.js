/** The page: puts jobs, uploads and the connection into the DOM, at most once a frame. */

import { Alerts } from "./alerts.js";
import { Announcer } from "./announcer.js";
import { connectionWords, shownState } from "./connection.js";
import { byId, setAttribute, setText } from "./element.js";
import { Experience } from "./experience.js";
import { JobPage } from "./job-page.js";
import { isTerminal } from "./job.js";
import { ListView } from "./list-view.js";
import { caughtUp, Notice } from "./notice.js";
import { positions } from "./queue.js";
import { drawTab } from "./tab.js";
import { UploadsView } from "./uploads-view.js";

/** @typedef {import("./job.js").Job} Job */

const FRAMELESS_MS = 1_000; // a page that is hidden or covered gets no frames, but its title is seen

export class View {
  announcer = new Announcer(byId("announcer"));
  #notice = new Notice(byId("notice"));
  #experience = new Experience();
  #client;
  #list;
  #page;
  #uploads;
  #alerts;
  /** @type {Map<string, Job>} as they were shown last */
  #shown = new Map();
  /** @type {Set<string>} jobs to draw in the next frame */
  #changed = new Set();
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #frameless;

  /**
   * @param {import("./stagecast.js").Client} client
   * @param {{uploads: import("./upload.js").Uploads, unfinished: import("./unfinished.js").Unfinished}} files
   * @param {string} owner the reader's pseudonym
   */
  constructor(client, { uploads, unfinished }, owner) {
    this.#client = client;
    this.#list = new ListView(owner, () => this.#filter());
    this.#page = new JobPage(client, () => this.refresh([]));
    this.#uploads = new UploadsView(uploads, unfinished);
    this.#alerts = new Alerts(owner);
    document.addEventListener("visibilitychange", () => this.#draw());
  }

  /** @param {import("./route.js").Route} route @param {boolean} isAsked whether a person went there */
  go({ job, filter }, isAsked) {
    this.#page.show(job, isAsked);
    this.#list.show(filter);
    this.#filter();
    if (isAsked && !job) this.focus();
  }

  /** Go to what the page is about. */
  focus() {
    if (this.#page.job) this.#page.focus();
    else byId("jobs-heading").focus();
  }

  /** What jobs were and are. @param {{jobs: Job[], gone: string[]}} change */
  change({ jobs, gone }) {
    jobs.forEach((job) => {
      this.#experience.learn(job);
      this.announcer.tell(this.#shown.get(job.id), job);
      this.#alerts.tell(this.#shown.get(job.id), job);
      this.#shown.set(job.id, job);
    });
    gone.forEach((id) => this.#shown.delete(id));
    this.refresh([...jobs.map(({ id }) => id), ...gone]);
  }

  /** @param {{missed?: number, reason?: string}} told */
  sayCaughtUp(told) {
    this.#notice.show(caughtUp(told));
    this.announcer.say(caughtUp(told));
    this.refresh([]);
  }

  /** The language has changed: everything is built anew. */
  rebuild() {
    this.#list.clear();
    this.#page.clear();
    this.#uploads.clear();
    this.#alerts.draw();
    this.#filter();
  }

  /** A second has passed: durations grow, and silence with them. */
  tick() {
    this.#notice.tick();
    this.#refreshUnfinished();
  }

  /** Draw these jobs, and all that stands around them, in the next frame. @param {Iterable<string>} ids */
  refresh(ids) {
    for (const id of ids) this.#changed.add(id);
    if (this.#frameless !== undefined) return;
    this.#frame = requestAnimationFrame(() => this.#draw());
    this.#frameless = setTimeout(() => this.#draw(), FRAMELESS_MS);
  }

  #filter() {
    this.refresh(this.#client.all().map(({ id }) => id));
  }

  #refreshUnfinished() {
    this.refresh(this.#client.all().filter((job) => !isTerminal(job)).map(({ id }) => id));
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#frameless);
    this.#frameless = undefined;
    const now = Date.now();
    const jobs = this.#client.all();
    const ahead = positions(jobs);
    const { connection } = this.#client;
    const at = (/** @type {Job | undefined} */ job) => ({
      now,
      isLive: connection.state === "live",
      ahead: ahead.get(job?.id ?? "") ?? 0,
      left: job && this.#experience.left(job, now),
    });
    this.#uploads.draw();
    this.#changed.forEach((id) => this.#list.draw(id, this.#client.get(id), at(this.#client.get(id))));
    this.#changed.clear();
    this.#page.draw(at(this.#page.job));
    this.#list.drawFrame(jobs, this.#client.isComplete);
    setAttribute(document.body, "data-connection", shownState(connection, now));
    byId("signed-out").hidden = connection.state !== "expired";
    setText(byId("connection-text"), connectionWords(connection, now));
    drawTab(jobs);
    this.announcer.speak();
  }
}
