/** One file on its way to the gateway: whole if it is small, else so that it goes on where it broke off. */

import { exchange, explain } from "./exchange.js";
import { readObject } from "./problem.js";
import { sendResumably } from "./resumable.js";
import { NotSpoken } from "./tus.js";

/** @typedef {{id: string, name: string, size: number, pipeline: string}} Accepted */

/**
 * @typedef {object} SendOptions
 * @property {string} [pipeline]
 * @property {string} [key] by which the gateway knows a second try for the same upload
 * @property {(share: number) => void} [onProgress] 0 to 1; 1 is sent, but not yet accepted
 * @property {AbortSignal} [signal]
 */

const WHOLE_BYTES = 8 * 1024 * 1024; // up to here, sending it again costs less than two more requests

/**
 * @param {string} url
 * @param {File} file
 * @param {SendOptions} [options]
 * @returns {Promise<Accepted[]>} the jobs, once the file is stored and the broker has them
 * @throws {Problem} when it is not; `AbortError` when the signal said so
 */
export async function send(url, file, { key = randomId(), ...options } = {}) {
  if (file.size <= WHOLE_BYTES) return sendWhole(url, file, { key, ...options });
  try {
    return [await sendResumably(url, file, { key, ...options })];
  } catch (problem) {
    if (problem instanceof NotSpoken) return sendWhole(url, file, { key, ...options });
    throw problem;
  }
}

/** `crypto.randomUUID` is missing where a page comes by plain http from another machine. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} url @param {File} file @param {SendOptions & {key: string}} options @returns {Promise<Accepted[]>} */
async function sendWhole(url, file, { pipeline, key, onProgress, signal }) {
  const address = new URL(url);
  if (pipeline) address.searchParams.set("pipeline", pipeline);
  const body = new FormData();
  body.append("file", file, file.name);
  const answer = await exchange("POST", address, {
    headers: { "Idempotency-Key": key },
    body,
    onProgress: (loaded, total) => onProgress?.(total ? loaded / total : 0),
    signal,
  });
  if (answer.status !== 202) throw explain(answer);
  return readObject(answer.responseText).jobs ?? [];
}
