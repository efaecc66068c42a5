/** A request and its answer. XMLHttpRequest, because `fetch` does not tell how much has been sent. */

import { Problem, readProblem } from "./problem.js";

/**
 * @param {string} method
 * @param {URL} url
 * @param {object} [options]
 * @param {Record<string, string>} [options.headers]
 * @param {Blob | FormData} [options.body]
 * @param {(loaded: number, total: number) => void} [options.onProgress] bytes of the body
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<XMLHttpRequest>} once the answer is there, whatever it says
 * @throws {Problem} when none came; `AbortError` when the signal said so
 */
export async function exchange(method, url, { headers = {}, body, onProgress, signal } = {}) {
  signal?.throwIfAborted();
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  signal?.addEventListener("abort", abort);
  try {
    return await new Promise((resolve, reject) => {
      if (onProgress) request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
      request.onload = () => resolve(request);
      request.onerror = () => reject(new Problem("The connection to the server broke."));
      request.onabort = () => reject(signal?.reason);
      request.withCredentials = true;
      request.open(method, url);
      Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
      request.send(body);
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** @param {XMLHttpRequest} answer */
export function explain(answer) {
  return readProblem(answer.status, answer.responseText, answer.getResponseHeader("Retry-After"));
}
