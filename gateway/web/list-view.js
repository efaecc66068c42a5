/** The list of jobs, and which of them are shown. */

import { byId, setAttribute, setText } from "./element.js";
import { matches } from "./filter.js";
import { JobRow } from "./job-row.js";
import { listAddress } from "./route.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./route.js").Filter} Filter */

export class ListView {
  #list = byId("jobs");
  #search = /** @type {HTMLInputElement} */ (byId("search"));
  #state = /** @type {HTMLSelectElement} */ (byId("state"));
  #mine = /** @type {HTMLInputElement} */ (byId("mine"));
  #owner;
  /** @type {Filter} */
  #filter = { mine: false, state: "", search: "" };
  /** @type {Map<string, JobRow>} */
  #rows = new Map();

  /** @param {string} owner the reader's pseudonym @param {() => void} onFilter */
  constructor(owner, onFilter) {
    this.#owner = owner;
    const change = () => {
      this.#filter = this.#read();
      history.replaceState(null, "", listAddress(this.#filter));
      onFilter();
    };
    byId("filters").addEventListener("input", change);
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("clear").addEventListener("click", () => (location.hash = "#/"));
  }

  /** @param {Filter} filter */
  show(filter) {
    this.#filter = filter;
    if (this.#search.value !== filter.search) this.#search.value = filter.search;
    this.#state.value = filter.state;
    this.#mine.checked = filter.mine;
  }

  /** Build the rows anew when they are drawn next: the language has changed. */
  clear() {
    this.#rows.forEach(({ node }) => node.remove());
    this.#rows.clear();
  }

  /** @param {string} id @param {Job | undefined} job @param {import("./job-words.js").Circumstances} at */
  draw(id, job, at) {
    if (!job || !matches(job, this.#filter, this.#owner)) {
      this.#rows.get(id)?.node.remove();
      this.#rows.delete(id);
      return;
    }
    (this.#rows.get(id) ?? this.#add(job)).update(job, at);
  }

  /** What stands around the rows. @param {Job[]} jobs @param {boolean} isComplete whether these are all */
  drawFrame(jobs, isComplete) {
    setText(byId("tally"), tally(jobs));
    byId("empty").hidden = jobs.length > 0 || !isComplete;
    byId("filters").hidden = !byId("empty").hidden; // there is nothing to choose from
    byId("no-match").hidden = jobs.length === 0 || this.#rows.size > 0;
    setAttribute(this.#list, "aria-busy", String(!isComplete));
  }

  /** @returns {Filter} */
  #read() {
    return { mine: this.#mine.checked, state: this.#state.value, search: this.#search.value.trim() };
  }

  /** @param {Job} job */
  #add(job) {
    const row = new JobRow(job);
    const rows = /** @type {HTMLElement[]} */ ([...this.#list.children]);
    // Newest first: ids rise with time (UUID version 7).
    const older = rows.find(({ dataset }) => (dataset.job ?? "") < job.id);
    this.#list.insertBefore(row.node, older ?? null);
    this.#rows.set(job.id, row);
    return row;
  }
}

/** @param {Job[]} jobs */
function tally(jobs) {
  const running = jobs.filter(({ state }) => state === "running").length;
  const waiting = jobs.filter(({ state }) => state === "queued" || state === "retrying").length;
  const finished = jobs.length - running - waiting;
  return jobs.length === 0 ? "" : say("tally", { running, waiting, finished });
}
