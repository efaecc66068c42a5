/** How well we hear, for people. */

import { formatElapsed } from "./format.js";
import { IS_SHARED } from "./share.js";
import { say } from "./words.js";

/** @typedef {import("./stream.js").Connection} Connection */

const STALE_MS = 60_000; // what was last heard so long ago is shown as what it is: old

/** What the page is to say of the connection. @param {Connection} connection @param {number} now */
export function shownState({ state, heardAt }, now) {
  const isWaiting = !["live", "ended", "expired"].includes(state);
  return isWaiting && heardAt !== undefined && now - heardAt > STALE_MS ? "stale" : state;
}

/** @param {Connection} connection @param {number} now */
export function connectionWords(connection, now) {
  const { state, retryAt = 0, heardAt = 0 } = connection;
  if (shownState(connection, now) === "stale") return say("stale", { time: formatElapsed((now - heardAt) / 1000) });
  if (state === "expired") return say(IS_SHARED ? "linkExpired" : "expired");
  const seconds = Math.ceil((retryAt - now) / 1000);
  if (seconds <= 0 || state === "live" || state === "connecting") return say(state);
  return say(state === "restarting" ? "restartingIn" : "reconnectingIn", { time: formatElapsed(seconds) });
}
