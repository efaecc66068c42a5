/** Uploads that are not at their end, kept so that a page which is opened anew can go on with them. */

/**
 * @typedef {object} Kept
 * @property {string} url of the upload, without a query; whoever knows it may add to it
 * @property {string} name the file's; with the next two it knows the file again
 * @property {number} size
 * @property {number} lastModified
 * @property {string} pipeline empty where none was named
 * @property {number} share of it that is there, 0 to 1, as far as we know
 */

const PLACE = "stagecast.uploads";
const LIMIT = 20; // past it the oldest is forgotten: it would be sent from its beginning

/** @returns {Kept[]} the oldest first */
export function kept() {
  try {
    return readKept(localStorage.getItem(PLACE));
  } catch {
    return []; // this browser keeps nothing
  }
}

/** @param {Kept} upload in the place of what was kept of it */
export function keep(upload) {
  write(withKept(kept(), upload));
}

/** @param {string} url */
export function forget(url) {
  write(kept().filter((upload) => upload.url !== url));
}

/** @param {string | null} text as it was written, perhaps by another version of this page @returns {Kept[]} */
export function readKept(text) {
  try {
    const read = JSON.parse(text ?? "[]");
    return Array.isArray(read) ? read.filter((one) => typeof one?.url === "string" && typeof one.name === "string") : [];
  } catch {
    return [];
  }
}

/** @param {readonly Kept[]} all @param {Kept} upload */
export function withKept(all, upload) {
  const isKept = all.some(({ url }) => url === upload.url);
  return isKept ? all.map((one) => (one.url === upload.url ? upload : one)) : [...all, upload].slice(-LIMIT);
}

/**
 * Whether it is this file, as far as one can tell without reading it.
 * @param {{name: string, size: number, lastModified: number}} file
 * @param {{name: string, size: number, lastModified: number}} other
 */
export function isSameFile(file, other) {
  return file.name === other.name && file.size === other.size && file.lastModified === other.lastModified;
}

/** @param {Kept[]} all */
function write(all) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(all));
  } catch {
    // No room, or not allowed: after a reload the file is sent from its beginning.
  }
}
