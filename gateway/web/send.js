/** One file on its way to the gateway. XMLHttpRequest, because `fetch` does not tell how much has been sent. */

/** @typedef {{id: string, name: string, size: number, pipeline: string}} Accepted */

/** Why something was not done, in the words of the server where it had some. */
export class Problem extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, retryAfter?: number}} [details] the HTTP status, 0 when no answer came; seconds
   */
  constructor(message, { status = 0, retryAfter } = {}) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * @typedef {object} SendOptions
 * @property {string} [pipeline]
 * @property {string} [key] by which the gateway knows a second try for the same upload
 * @property {(share: number) => void} [onProgress] 0 to 1; 1 is sent, but not yet accepted
 * @property {AbortSignal} [signal]
 */

/**
 * @param {string} url
 * @param {File} file
 * @param {SendOptions} [options]
 * @returns {Promise<Accepted[]>} the jobs, once the file is stored and the broker has them
 * @throws {Problem} when it is not; `AbortError` when the signal said so
 */
export function send(url, file, { pipeline, key = randomId(), onProgress, signal } = {}) {
  const address = new URL(url);
  if (pipeline) address.searchParams.set("pipeline", pipeline);
  const form = new FormData();
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? Math.min(loaded / total, 0.999) : 0);
    request.upload.onload = () => onProgress?.(1);
    request.onload = () => (request.status === 202 ? resolve(readJobs(request)) : reject(explain(request)));
    request.onerror = () => reject(new Problem("The connection to the server broke."));
    request.onabort = () => reject(signal?.reason);
    signal?.addEventListener("abort", () => request.abort());
    request.withCredentials = true;
    request.open("POST", address);
    request.setRequestHeader("Idempotency-Key", key);
    request.send(form);
  });
}

/** `crypto.randomUUID` is missing where a page comes by plain http from another machine. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The `detail` of a problem document (RFC 9457). A proxy before the gateway may know no such thing.
 * @param {number} status
 * @param {string} body
 * @param {string | null} retryAfter the header
 */
export function readProblem(status, body, retryAfter) {
  const { detail, title } = readObject(body);
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  return new Problem(detail || title || "", { status, retryAfter: seconds > 0 ? seconds : undefined });
}

/** @param {XMLHttpRequest} request @returns {Accepted[]} */
function readJobs({ responseText }) {
  return readObject(responseText).jobs ?? [];
}

/** @param {XMLHttpRequest} request */
function explain(request) {
  return readProblem(request.status, request.responseText, request.getResponseHeader("Retry-After"));
}

/** @param {string} body @returns {Record<string, any>} */
function readObject(body) {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}
