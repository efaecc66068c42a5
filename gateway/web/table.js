/** The beginning of a table, read from text. Pure. */

/** @typedef {{head: string[], rows: string[][], isCut: boolean}} Table */

const MOST_ROWS = 100;
const MOST_COLUMNS = 20;

/**
 * Comma-separated values and their like (RFC 4180); the first line is the head.
 * @param {string} text
 * @param {string} separator
 * @returns {Table}
 */
export function readDelimited(text, separator) {
  const lines = [[""]];
  let isQuoted = false;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length && lines.length <= MOST_ROWS + 2; at += 1) {
    const line = lines[lines.length - 1];
    const sign = text[at];
    if (sign === '"' && isQuoted && text[at + 1] === '"') line[line.length - 1] += text[(at += 1)];
    else if (sign === '"') isQuoted = !isQuoted;
    else if (isQuoted) line[line.length - 1] += sign;
    else if (sign === separator) line.push("");
    else if (sign === "\n") lines.push([""]);
    else if (sign !== "\r") line[line.length - 1] += sign;
  }
  const [head, ...rows] = lines.filter((line) => line.length > 1 || line[0] !== "");
  return cut(head ?? [], rows);
}

/**
 * A JSON list of flat objects; nothing if it is anything else.
 * @param {string} text
 * @returns {Table | undefined}
 */
export function readRecords(text) {
  const records = parse(text);
  const isTable = Array.isArray(records) && records.length > 0 && records.every(isFlat);
  if (!isTable) return undefined;
  const head = [...new Set(records.slice(0, MOST_ROWS).flatMap((record) => Object.keys(record)))];
  const rows = records.slice(0, MOST_ROWS + 1).map((record) => head.map((name) => cell(record[name])));
  return cut(head, rows);
}

/** @param {string[]} head @param {string[][]} rows @returns {Table} */
function cut(head, rows) {
  const isCut = rows.length > MOST_ROWS || head.length > MOST_COLUMNS;
  const shorter = rows.slice(0, MOST_ROWS).map((cells) => cells.slice(0, MOST_COLUMNS));
  return { head: head.slice(0, MOST_COLUMNS), rows: shorter, isCut };
}

/** @param {any} record */
function isFlat(record) {
  const isObject = typeof record === "object" && record !== null && !Array.isArray(record);
  return isObject && Object.values(record).every((value) => typeof value !== "object" || value === null);
}

/** @param {unknown} value */
function cell(value) {
  return value === undefined || value === null ? "" : String(value);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
