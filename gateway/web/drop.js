/** The ways in which a person gives us files: the chooser, a drop anywhere on the page, a paste. */

import { byId } from "./element.js";

/** @param {(files: File[]) => void} onFiles */
export function acceptFiles(onFiles) {
  const give = (/** @type {File[]} */ files) => files.length > 0 && onFiles(files);
  acceptChosen(give);
  acceptDropped(give);
  document.addEventListener("paste", ({ clipboardData }) => give([...(clipboardData?.files ?? [])]));
}

/** @param {(files: File[]) => void} give */
function acceptChosen(give) {
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  input.addEventListener("change", () => {
    give([...(input.files ?? [])]);
    input.value = ""; // else the same file could not be chosen twice
  });
}

/** @param {(files: File[]) => void} give */
function acceptDropped(give) {
  let depth = 0; // enter and leave come for every element on the way
  const move = (/** @type {number} */ step) => {
    depth = step === 0 ? 0 : Math.max(0, depth + step);
    document.body.toggleAttribute("data-drag", depth > 0);
  };
  addEventListener("dragenter", (event) => hasFiles(event) && move(1));
  addEventListener("dragleave", (event) => hasFiles(event) && move(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault(); // else the browser would leave the page and open the file
    move(0);
    give(droppedFiles(event.dataTransfer));
  });
}

/** @param {DragEvent} event */
function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files") ?? false;
}

/**
 * The files of a drop. A folder looks like one, but cannot be read.
 * @param {DataTransfer | null} dropped
 * @returns {File[]}
 */
function droppedFiles(dropped) {
  const items = [...(dropped?.items ?? [])].filter((item) => !item.webkitGetAsEntry?.()?.isDirectory);
  return items.map((item) => item.getAsFile()).filter((file) => file !== null);
}
