/** `#/jobs/<id>`: the view of one job, wherever that is to be had from. */

import { byId, setText } from "./element.js";
import { JobView } from "./job-view.js";
import { Problem } from "./problem.js";
import { isPassing } from "./tries.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

const AGAIN_MS = 3_000;

export class JobPage {
  #client;
  #onFetched;
  /** @type {JobView | undefined} */
  #view;
  #wantsFocus = false;
  #isMissing = false;
  /** @type {Job | undefined} one that the stream does not tell of */
  #fetched;

  /** The job to be shown. @type {string | undefined} */
  id;

  /** @param {import("./stagecast.js").Client} client @param {() => void} onFetched */
  constructor(client, onFetched) {
    this.#client = client;
    this.#onFetched = onFetched;
  }

  /** @param {string | undefined} id @param {boolean} isAsked whether a person went there, who is to be taken along */
  show(id, isAsked) {
    this.clear();
    this.id = id;
    this.#fetched = undefined;
    this.#isMissing = false;
    this.#wantsFocus = isAsked;
    byId("job-page").hidden = id === undefined;
    byId("list-page").hidden = id !== undefined;
    document.body.toggleAttribute("data-job-page", id !== undefined);
    if (id !== undefined && !this.#client.get(id)) this.#fetch(id);
  }

  /** Build it anew when it is drawn next: the language has changed. */
  clear() {
    this.#view?.node.remove();
    this.#view = undefined;
  }

  /** Go to its name. */
  focus() {
    this.#view?.heading.focus();
  }

  /** The job that is to be shown, if there is one. */
  get job() {
    return this.id === undefined ? undefined : (this.#client.get(this.id) ?? this.#fetched);
  }

  /** @param {import("./job-words.js").Circumstances} at */
  draw(at) {
    if (this.id === undefined) return;
    const { job } = this;
    byId("no-job").hidden = job !== undefined;
    setText(byId("no-job-text"), say(this.#isMissing ? "noSuchJob" : "loadingJob"));
    setText(byId("no-job-hint"), this.#isMissing ? say("noSuchJobHint") : "");
    if (!job) return;
    this.#view ??= this.#begin(job);
    this.#view.update(job, at);
    if (this.#wantsFocus) this.focus();
    this.#wantsFocus = false;
  }

  /** @param {Job} job */
  #begin(job) {
    const view = new JobView(job, this.#client);
    byId("job-place").append(view.node);
    return view;
  }

  /** @param {string} id */
  async #fetch(id) {
    const found = await this.#client.fetch(id).catch((problem) => problem);
    if (id !== this.id) return; // they went on
    if (found instanceof Error) this.#miss(id, found);
    else this.#fetched = found;
    this.#onFetched();
  }

  /** @param {string} id @param {Error} problem */
  #miss(id, problem) {
    const status = problem instanceof Problem ? problem.status : 0;
    this.#isMissing = status === 404;
    if (isPassing(problem)) setTimeout(() => id === this.id && !this.job && this.#fetch(id), AGAIN_MS);
  }
}
