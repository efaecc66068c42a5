/** What is asked of a gateway about an upload that can go on: tus 1.0.0 (https://tus.io/protocols/resumable-upload). */

import { exchange, explain } from "./exchange.js";
import { Problem } from "./problem.js";

/**
 * @typedef {object} Receipt
 * @property {number} offset bytes that the gateway has
 * @property {string} job the path of what the upload became; empty before it is whole
 */

/** @typedef {Parameters<typeof exchange>[2]} Options */

const VERSION = { "Tus-Resumable": "1.0.0" };
const NOT_SPOKEN = [404, 405]; // to a creation
const GONE = [404, 410]; // to all else: it was removed

/** This gateway knows no resumable uploads: send the file whole. */
export class NotSpoken extends Error {}

/**
 * Begin an upload. Where the answer is lost, the same key finds the same upload.
 * @param {URL} files
 * @param {{name: string, size: number, pipeline?: string, key: string}} about
 * @param {AbortSignal} [signal]
 * @returns {Promise<Receipt & {id: string}>}
 * @throws {NotSpoken | Problem}
 */
export async function create(files, { name, size, pipeline, key }, signal) {
  const headers = {
    "Idempotency-Key": key,
    "Upload-Length": String(size),
    "Upload-Metadata": metadata(name, pipeline),
  };
  const answer = await ask("POST", files, { headers, signal });
  if (NOT_SPOKEN.includes(answer.status)) throw new NotSpoken();
  if (answer.status < 400 && answer.getResponseHeader("Upload-Offset") === null) throw new NotSpoken();
  // Its id alone: what stands in front of the gateway may have a path of its own.
  const id = (answer.getResponseHeader("Location") ?? "").split("/").at(-1) ?? "";
  return { ...receipt(answer), id };
}

/** How far it is; nothing where it is gone. @param {URL} upload @param {AbortSignal} [signal] @throws {Problem} */
export async function look(upload, signal) {
  return known(await ask("HEAD", upload, { signal }));
}

/**
 * Send what is missing after so many bytes; nothing comes back where the upload is gone.
 * @param {URL} upload
 * @param {number} offset
 * @param {Options} options
 * @throws {Problem}
 */
export async function add(upload, offset, options) {
  const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) };
  return known(await ask("PATCH", upload, { ...options, headers }));
}

/** Give it up; a gateway that does not hear of it removes it later. @param {URL} upload */
export async function remove(upload) {
  await ask("DELETE", upload).catch(() => undefined);
}

/** @param {string} name @param {string} [pipeline] the header `Upload-Metadata` */
export function metadata(name, pipeline) {
  const pairs = Object.entries({ filename: name, pipeline });
  return pairs.flatMap(([key, value]) => (value ? `${key} ${base64(value)}` : [])).join(",");
}

/** @param {string} method @param {URL} url @param {Options} [options] */
function ask(method, url, { headers, ...options } = {}) {
  return exchange(method, url, { headers: { ...VERSION, ...headers }, ...options });
}

/** @param {XMLHttpRequest} answer */
function known(answer) {
  return GONE.includes(answer.status) ? undefined : receipt(answer);
}

/** @param {XMLHttpRequest} answer @returns {Receipt} */
function receipt(answer) {
  if (answer.status >= 400) throw explain(answer);
  const offset = Number.parseInt(answer.getResponseHeader("Upload-Offset") ?? "", 10);
  if (!(offset >= 0)) throw new Problem("What answers is no gateway.");
  return { offset, job: answer.getResponseHeader("Stagecast-Job") ?? "" };
}

/** @param {string} text */
function base64(text) {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
