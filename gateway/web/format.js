/** Numbers and times as people read them. */

import { region, say } from "./words.js";

const SIZE_UNITS = ["", "kB", "MB", "GB", "TB", "PB"];

/**
 * A size in decimal units: `1.5 MB`.
 * @param {number} bytes
 * @returns {string}
 */
export function formatSize(bytes) {
  let value = bytes;
  let unit = 0;
  // 999.5 would be shown as "1000": the next unit says it better.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return say("bytes", { count: value });
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${SIZE_UNITS[unit]}`;
}

/**
 * A share as a whole percentage. Rounded down, so that 100 % means all of it.
 * @param {number} share 0 to 1
 * @returns {string}
 */
export function formatPercent(share) {
  // 0.29 * 100 is 28.999…: without the little extra it would be shown as 28.
  return say("percent", { count: Math.floor(share * 100 + 1e-9) });
}

/**
 * A length of time: `< 0.1 s`, `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`.
 * @param {number} seconds
 * @returns {string}
 */
export function formatDuration(seconds) {
  if (seconds < 0.05) return say("underTenth");
  if (seconds < 9.95) return say("secondsPrecise", { count: seconds.toFixed(1) });
  const whole = Math.round(seconds);
  if (whole < 60) return say("secondsPrecise", { count: whole });
  if (whole < 3600) return say("minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
  const minutes = Math.round(seconds / 60);
  return say("hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/**
 * A length of time that is still growing, in whole seconds, so that its text does not flicker.
 * @param {number} seconds
 * @returns {string}
 */
export function formatElapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 10 ? say("secondsPrecise", { count: whole }) : formatDuration(whole);
}

/**
 * An instant, in the reader's own time zone, as the page's language writes it; the date is left out when it is today.
 * @param {number} time milliseconds since 1970
 * @param {number} now milliseconds since 1970
 * @returns {string}
 */
export function formatTime(time, now) {
  const then = new Date(time);
  const clock = then.toLocaleTimeString(region(), { hour: "2-digit", minute: "2-digit" });
  if (then.toDateString() === new Date(now).toDateString()) return clock;
  return `${then.toLocaleDateString(region(), { day: "numeric", month: "short" })}, ${clock}`;
}

/**
 * The length of time that something will take, no more precise than it is known: `about {12 s} left`.
 * @param {number} seconds
 * @returns {string}
 */
export function formatGuess(seconds) {
  const step = seconds < 20 ? 1 : seconds < 60 ? 5 : seconds < 600 ? 10 : 60;
  return formatElapsed(Math.max(1, Math.ceil(seconds / step) * step));
}
