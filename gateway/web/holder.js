/**
 * Who of all tabs holds the stream. HTTP/1.1 gives a browser six connections to a server, and every stream takes one
 * for good: the seventh tab would wait for ever.
 *
 * A SharedWorker, where there is one. Else whichever tab gets the lock, and the next one when that tab is closed. Else
 * (no locks: an old browser, or plain http from another machine) each tab for itself. All three speak over a
 * BroadcastChannel, so whoever listens need not know which it is.
 */

import { Feed } from "./feed.js";

const SILENCE_MS = 10_000; // a worker answers at once; one that has not by then is none
const AGAIN_MS = 1_000; // and one that failed to load is started again
const VERSION = 1; // of what is said on the channel; tabs of different versions do not hear each other

/** @typedef {import("./feed.js").Word} Word */
/** @typedef {import("./feed.js").Request} Request */

/**
 * Hear what the feed of a stream says, and see to it that there is one.
 * @param {string} url
 * @param {(word: Word) => void} onWord
 * @param {() => {jobs: import("./job.js").Job[], cursor: string}} known what a feed in this tab goes on from
 * @returns {{say: (request: Request) => void, close: () => void}}
 */
export function listen(url, onWord, known) {
  const name = channelName(url);
  const channel = new BroadcastChannel(name);
  const closing = new AbortController();
  const silence = new AbortController(); // until somebody speaks, or this tab does
  const hold = () => {
    silence.abort();
    holdInTab(name, { url, known, signal: closing.signal });
  };
  const start = () => startWorker(name, url, () => later(start, AGAIN_MS, silence.signal)) || hold();
  later(hold, SILENCE_MS, silence.signal);
  channel.onmessage = ({ data }) => {
    if (!data.word) return;
    silence.abort();
    onWord(data.word);
  };
  start();
  const say = (/** @type {Request} */ request) => channel.postMessage({ request });
  say({ kind: "hello" });
  return {
    say,
    close: () => {
      silence.abort();
      closing.abort();
      channel.close();
    },
  };
}

/**
 * A feed that answers on a channel.
 * @param {string} channelOf
 * @param {string} url
 * @param {{jobs: import("./job.js").Job[], cursor: string}} [known]
 */
export function serve(channelOf, url, known) {
  const channel = new BroadcastChannel(channelOf);
  const feed = new Feed(url, (word) => channel.postMessage({ word }), known);
  channel.onmessage = ({ data }) => data.request && feed.take(data.request);
  return {
    take: (/** @type {Request} */ request) => feed.take(request),
    close: () => {
      channel.close();
      feed.close();
    },
  };
}

/** @param {string} name a worker's @returns {{channel: string, url: string}} */
export function readName(name) {
  return JSON.parse(name);
}

/** Without worker and locks nobody else can know whether a tab listens already, so its channel is its own. @param {string} url */
function channelName(url) {
  const isShared = "SharedWorker" in globalThis || navigator.locks;
  return `stagecast ${VERSION} ${isShared ? "" : crypto.getRandomValues(new Uint32Array(2)).join("")} ${url}`;
}

/** Once the time has passed, unless the signal came before. @param {() => void} act @param {number} delay @param {AbortSignal} signal */
function later(act, delay, signal) {
  setTimeout(() => signal.aborted || act(), delay);
}

/**
 * @param {string} channel
 * @param {string} url
 * @param {() => void} onFailed the browser dropped its script, as it does when a network comes or goes
 * @returns {boolean} whether there is one
 */
function startWorker(channel, url, onFailed) {
  try {
    const worker = new SharedWorker(new URL("stream-worker.js", import.meta.url), {
      type: "module",
      name: JSON.stringify({ channel, url }),
    });
    worker.onerror = onFailed;
    worker.port.start();
    return true;
  } catch {
    return false; // none in this browser; or the module is another origin's, which no worker may be
  }
}

/**
 * @param {string} channel
 * @param {{url: string, known: () => {jobs: import("./job.js").Job[], cursor: string}, signal: AbortSignal}} options
 */
function holdInTab(channel, { url, known, signal }) {
  const hold = () =>
    new Promise((resolve) => {
      const feed = serve(channel, url, known());
      feed.take({ kind: "hello" });
      signal.addEventListener("abort", () => resolve(feed.close()));
    });
  const isHeld = navigator.locks?.request(channel, { signal }, hold);
  if (!isHeld) hold();
  isHeld?.catch(() => undefined); // it was closed while it waited
}
