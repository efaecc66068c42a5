/**
 * Brings the page's modules. A browser drops all that it is loading when a network comes or goes (a VPN, a container),
 * and a page of which one module is missing never begins: so it is loaded anew, a few times. The gateway writes this
 * into the page itself, where it cannot be lost alone.
 */

const MAIN = "/web/main.js";
const MOST_LOADS = 5;
const PAUSE_MS = 500;

/** Which load this is; it is kept with the tab's place in its history, and so over a reload. */
const loads = (history.state?.loads ?? 0) + 1;

import(MAIN).then(({ main }) => (main(), look()), again);

/** A style sheet may be missing, too. */
function look() {
  if (document.readyState !== "complete") {
    addEventListener("load", look);
    return;
  }
  const sheets = /** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll("link[rel=stylesheet]"));
  if ([...sheets].every(isThere)) history.replaceState(null, "");
  else again(new Error("a style sheet was lost"));
}

/** One that was lost may have a sheet, but nobody may read that. @param {HTMLLinkElement} link */
function isThere({ sheet }) {
  try {
    return sheet !== null && sheet.cssRules.length > 0;
  } catch {
    return false;
  }
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
