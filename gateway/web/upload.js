/** Sends files to the gateway. XMLHttpRequest, because `fetch` does not tell how much has been sent. */

/** @typedef {"waiting" | "sending" | "storing" | "failed"} UploadState */
/** @typedef {{id: string, name: string, size: number, pipeline: string}} Accepted */

/**
 * @typedef {object} Upload
 * @property {string} id ours, and the key by which the gateway knows a second try for the same upload
 * @property {File} file
 * @property {UploadState} state
 * @property {number} sent 0 to 1
 * @property {string} problem why it failed, in the gateway's words
 * @property {XMLHttpRequest} [request]
 */

const UPLOAD_URL = "/upload";

/** One request a file, so that each has its own progress and its own failure; `limit` of them at a time. */
export class Uploads {
  /** @type {Map<string, Upload>} in the order chosen; as many as the person chose */
  #uploads = new Map();
  #limit;
  #onChange;
  #onAccepted;
  #onFailed;

  /**
   * @param {number} limit
   * @param {object} to
   * @param {() => void} to.onChange
   * @param {(accepted: Accepted) => void} to.onAccepted
   * @param {(file: File, problem: string) => void} to.onFailed
   */
  constructor(limit, { onChange, onAccepted, onFailed }) {
    this.#limit = limit;
    this.#onChange = onChange;
    this.#onAccepted = onAccepted;
    this.#onFailed = onFailed;
  }

  /** @returns {Upload[]} */
  all() {
    return [...this.#uploads.values()];
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const id = randomId();
      this.#uploads.set(id, { id, file, state: "waiting", sent: 0, problem: "" });
    }
    this.#next();
  }

  /** @param {string} id */
  retry(id) {
    this.#change(id, { state: "waiting", sent: 0, problem: "", request: undefined });
    this.#next();
  }

  /** Stop it, if it runs, and forget it. @param {string} id */
  remove(id) {
    const request = this.#uploads.get(id)?.request;
    this.#uploads.delete(id); // first: what the request still says is then about nobody
    request?.abort();
    this.#next();
  }

  #next() {
    const active = this.all().filter(({ state }) => state === "sending" || state === "storing").length;
    const waiting = this.all().filter(({ state }) => state === "waiting");
    waiting.slice(0, this.#limit - active).forEach((upload) => this.#send(upload));
    this.#onChange();
  }

  /** @param {Upload} upload */
  #send({ id, file }) {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => this.#change(id, { sent: total ? loaded / total : 0 });
    request.upload.onload = () => this.#change(id, { state: "storing", sent: 1 });
    request.onload = () => this.#answered(id, request);
    request.onerror = () => this.#fail(id, "The connection to the server broke. Check your network and try again.");
    this.#change(id, { state: "sending", request });
    request.open("POST", UPLOAD_URL);
    request.setRequestHeader("Idempotency-Key", id);
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  }

  /** @param {string} id @param {XMLHttpRequest} request */
  #answered(id, request) {
    const accepted = request.status === 202 ? readJobs(request.responseText) : undefined;
    if (!accepted) {
      this.#fail(id, explain(request));
      return;
    }
    this.#uploads.delete(id);
    accepted.forEach((job) => this.#onAccepted(job));
    this.#next();
  }

  /** @param {string} id @param {string} problem */
  #fail(id, problem) {
    const upload = this.#uploads.get(id);
    if (upload) this.#onFailed(upload.file, problem);
    this.#change(id, { state: "failed", problem, request: undefined });
    this.#next();
  }

  /** @param {string} id @param {Partial<Upload>} change */
  #change(id, change) {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    this.#uploads.set(id, { ...upload, ...change });
    this.#onChange();
  }
}

/** @param {string} body @returns {Accepted[] | undefined} */
function readJobs(body) {
  const { jobs } = readObject(body);
  return Array.isArray(jobs) && jobs.length > 0 ? jobs : undefined;
}

/**
 * Why the gateway said no: the `detail` of its problem document (RFC 9457). A proxy before it may know no such thing.
 * @param {XMLHttpRequest} request
 * @returns {string}
 */
function explain(request) {
  const { detail, title } = readObject(request.responseText);
  const said = detail || title || `The server answered ${request.status}, and did not say why.`;
  const seconds = Number.parseInt(request.getResponseHeader("Retry-After") ?? "", 10);
  return seconds > 0 ? `${said} Try again in ${seconds} s.` : said;
}

/** @param {string} body @returns {Record<string, any>} */
function readObject(body) {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}

/** `crypto.randomUUID` is missing where a page comes by plain http from another machine. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
