/** Which jobs are shown. Pure. */

import { isTerminal } from "./job.js";

/**
 * @param {import("./job.js").Job} job
 * @param {import("./route.js").Filter} filter
 * @param {string} owner the reader's pseudonym
 */
export function matches(job, { mine, state, search }, owner) {
  if (mine && job.owner !== owner) return false;
  if (state === "active" && isTerminal(job)) return false;
  if (state && state !== "active" && job.state !== state) return false;
  return search === "" || folded(job.name).includes(folded(search));
}

/** So that case, width and composition make no difference. @param {string} text */
function folded(text) {
  return text.normalize("NFKC").toLowerCase();
}
