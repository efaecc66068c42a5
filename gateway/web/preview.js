/**
 * A look into a file. Files are made from what strangers send, so nothing of one is ever taken for HTML: its text goes
 * in as text, a table's cells too, and an image is shown by `<img>`, which runs no script.
 */

import { element } from "./element.js";
import { readDelimited, readRecords } from "./table.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Artifact} Artifact */
/** @typedef {import("./table.js").Table} Table */

const MOST_BYTES = 256 * 1024;
const IMAGE = /^image\/(png|jpeg|gif|webp|avif|bmp|svg\+xml)$/;
const TEXT = /^text\/(?!html)|^application\/(json|xml|x-ndjson)$|\+json$/;

/**
 * How to show a file, if there is a way.
 * @param {Artifact} artifact
 * @param {string} address
 * @returns {(() => Promise<HTMLElement>) | undefined}
 */
export function previewOf({ name, size, media_type }, address) {
  const type = media_type.split(";")[0].trim().toLowerCase();
  if (IMAGE.test(type)) return () => image(name, address);
  if (!TEXT.test(type)) return undefined;
  return () => textOf(address, size).then((text) => shown(text, type, size > MOST_BYTES), failed);
}

/** @param {string} name @param {string} address @returns {Promise<HTMLElement>} */
async function image(name, address) {
  const picture = element("img", { src: address, alt: name });
  return picture.decode().then(() => picture, failed);
}

/** @param {string} address @param {number} size */
async function textOf(address, size) {
  const headers = size > MOST_BYTES ? { Range: `bytes=0-${MOST_BYTES - 1}` } : undefined;
  const answer = await fetch(address, { credentials: "include", headers });
  if (!answer.ok) throw new Error(say("silentServer", { status: answer.status }));
  return answer.text();
}

/** @param {string} text @param {string} type @param {boolean} isCut */
function shown(text, type, isCut) {
  const table = isCut && type.endsWith("json") ? undefined : tableOf(text, type);
  const note = isCut || table?.isCut ? [element("p", { class: "hint" }, say("previewCut"))] : [];
  const content = text === "" ? element("p", { class: "hint" }, say("previewEmpty")) : table ? grid(table) : lines(text);
  return element("div", {}, content, ...note);
}

/** @param {string} text @param {string} type @returns {Table | undefined} */
function tableOf(text, type) {
  if (type === "text/csv") return readDelimited(text, ",");
  if (type === "text/tab-separated-values") return readDelimited(text, "\t");
  return type.endsWith("json") ? readRecords(text) : undefined;
}

/** @param {string} text */
function lines(text) {
  return element("pre", { tabindex: "0", role: "region", "aria-label": say("preview") }, text);
}

/** @param {Table} table */
function grid({ head, rows }) {
  const names = element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
  const table = element("table", {}, element("thead", {}, names), element("tbody", {}, ...body));
  return element("div", { class: "grid", tabindex: "0", role: "region", "aria-label": say("preview") }, table);
}

/** @param {unknown} problem */
function failed(problem) {
  return element("p", { class: "problem" }, say("previewFailed", { problem: String(/** @type {Error} */ (problem).message) }));
}
