/**
 * Brings the page's modules. A browser drops what it is loading when a network comes or goes (a VPN, a container), and a
 * page of which one module is missing never begins: so it is loaded anew, a few times.
 */

const MOST_LOADS = 4;
const PAUSE_MS = 500;

/** Which load this is; it is kept with the tab's place in its history, and so over a reload. */
const loads = (history.state?.loads ?? 0) + 1;

import("./main.js").then(begin, again);

/** @param {typeof import("./main.js")} page */
function begin({ main }) {
  history.replaceState(null, "");
  main();
}

/** @param {unknown} problem */
function again(problem) {
  if (loads < MOST_LOADS) {
    history.replaceState({ loads }, "");
    setTimeout(() => location.reload(), PAUSE_MS * loads);
    return;
  }
  history.replaceState(null, ""); // whoever reloads by hand gets all tries
  document.body.dataset.connection = "unloaded";
  /** @type {HTMLElement} */ (document.getElementById("unloaded")).hidden = false;
  throw problem;
}
