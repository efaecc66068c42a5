/** When what failed is tried again. */

import { Problem } from "./problem.js";

const TRIES = 6; // in a row that brought nothing: half a minute, as a network takes that changes
const FIRST_MS = 1_000;
const LONGEST_MS = 16_000;
// No answer; nothing came for a while; it goes on elsewhere; what was lost on the way is still being stored.
const PASSING = [0, 408, 409, 423, 500, 502, 503, 504];

/** Whether it may be otherwise in a moment. @param {unknown} problem */
export function isPassing(problem) {
  return problem instanceof Problem && PASSING.includes(problem.status);
}

/** Whether there is another try after so many; who is told to wait long lets the person decide. @param {number} tries @param {unknown} problem */
export function mayBe(tries, problem) {
  const { retryAfter = 0 } = /** @type {Problem} */ (problem);
  return tries < TRIES && retryAfter * 1_000 <= LONGEST_MS;
}

/** Milliseconds before the next try: doubled each time, and never the same for all. @param {number} tries @param {number} [retryAfter] seconds @param {number} [luck] 0 to 1 */
export function delay(tries, retryAfter = 0, luck = Math.random()) {
  const most = Math.min(FIRST_MS * 2 ** (tries - 1), LONGEST_MS);
  return Math.max(most * (0.5 + luck / 2), retryAfter * 1_000);
}

/** @param {number} tries @param {unknown} problem @param {AbortSignal} [signal] @returns {Promise<void>} */
export function pause(tries, problem, signal) {
  const { retryAfter } = /** @type {Problem} */ (problem);
  return new Promise((resolve, reject) => {
    const over = () => (clearTimeout(timer), reject(signal?.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", over), resolve()), delay(tries, retryAfter));
    signal?.addEventListener("abort", over);
    if (signal?.aborted) over();
  });
}
