/**
 * The stream of events, and how well we hear it. Its format is in docs/events.md.
 *
 * Read by `fetch`, for an EventSource says too little: it hides the heartbeats, so that a dead connection looks like a
 * quiet one, and after an answer other than 200 it gives up without telling which (docs/adr/0034).
 */

import { FrameReader } from "./sse.js";

/** @typedef {"connecting" | "live" | "reconnecting" | "restarting" | "expired" | "ended"} ConnectionState */

/**
 * @typedef {object} Connection
 * @property {ConnectionState} state
 * @property {number} [heardAt] when the stream last said anything, by our clock
 * @property {number} [retryAt] when it is tried again, by our clock; nothing while it is being tried
 */

/** @typedef {{reason: string, jobs: import("./events.js").JobSnapshot[]}} Snapshot */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
const RESTART_MS = 30_000; // a server that said that it restarts is back by then, or it is no restart
export const LONGEST_SILENCE_MS = 40_000; // a quiet stream has a heartbeat every 15 s
const WATCH_MS = 5_000;

/**
 * Answers after which trying again would change nothing: all is told of the jobs that were asked for; or only a person
 * can bring what is good, a new token or link.
 * @type {Record<number, "ended" | "expired">}
 */
const OVER = { 204: "ended", 401: "expired", 403: "expired" };

/**
 * How long to wait before try number `tries`, counted from 0. Jittered, so that a thousand pages do not come back at
 * the same instant.
 * @param {number} tries
 * @param {() => number} random 0 to 1
 */
export function backoff(tries, random = Math.random) {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries + 1));
  return FIRST_WAIT_MS + random() * (longest - FIRST_WAIT_MS);
}

/**
 * A stream that does not give up: what breaks it is followed by another, which says by its cursor what we have. What comes
 * after a cursor that we sent may have come before: whoever reads drops what is not newer.
 */
export class Stream {
  #url;
  #to;
  /** @type {AbortController | undefined} of the stream that is open, or opening */
  #opened;
  #heardAt = 0; // since it was opened; 0 before
  #restartsUntil = 0; // until then a broken stream is no surprise
  /** @type {"ended" | "expired" | undefined} why it is not to be opened again, unless somebody asks for that */
  #over;
  #tries = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retrying;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watching;
  #silentSince = 0;

  /** What we have: all up to it has been told. */
  cursor;

  /**
   * @param {string} url
   * @param {object} to
   * @param {(event: import("./fold.js").Event) => void} to.onEvent
   * @param {(snapshot: Snapshot) => void} to.onSnapshot takes the place of all before it
   * @param {(connection: Connection) => void} to.onConnection
   * @param {() => boolean} to.isOver whether a stream that ends has told all that there will be
   * @param {string} [cursor]
   */
  constructor(url, to, cursor = "") {
    this.#url = url;
    this.#to = to;
    this.cursor = cursor;
  }

  /** Connect, or connect anew. */
  open() {
    this.close();
    this.#over = undefined;
    const opening = new AbortController();
    this.#opened = opening;
    this.#silentSince = Date.now();
    this.#watching = setInterval(() => this.#watch(), WATCH_MS);
    this.#read(opening.signal).then(
      (wait) => this.#ended(opening, wait),
      () => this.#ended(opening),
    );
  }

  close() {
    clearTimeout(this.#retrying);
    clearInterval(this.#watching);
    this.#opened?.abort();
    this.#opened = undefined;
  }

  /** The network is gone: the open stream may notice it only minutes later. A server on this machine is still there. */
  lose() {
    if (!this.#over) this.#wait(backoff(this.#tries));
  }

  /**
   * Until it ends.
   * @param {AbortSignal} signal
   * @returns {Promise<number | undefined>} after how many milliseconds the server wants us back, if it said so
   */
  async #read(signal) {
    // The cookie says what is ours.
    const answer = await fetch(this.#address(), { credentials: "include", cache: "no-store", signal });
    if (answer.status in OVER) this.#over = OVER[answer.status];
    if (answer.status !== 200 || !answer.body) return seconds(answer.headers.get("Retry-After"));
    const frames = new FrameReader(this.cursor);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    this.#begun();
    for (let piece = await reader.read(); !piece.done && !signal.aborted; piece = await reader.read()) {
      this.#silentSince = this.#heardAt = Date.now();
      frames.read(piece.value).forEach((frame) => this.#take(frame));
      this.cursor = frames.cursor;
    }
    return this.#restartsUntil > 0 ? frames.retry : undefined;
  }

  #address() {
    const address = new URL(this.#url);
    if (this.cursor) address.searchParams.set("last_event_id", this.cursor);
    return address.href;
  }

  #begun() {
    this.#tries = 0;
    this.#restartsUntil = 0;
    this.#silentSince = this.#heardAt = Date.now();
    this.#tell("live");
  }

  /** @param {import("./sse.js").Frame} frame */
  #take({ type, data }) {
    if (type === "draining") {
      this.#restartsUntil = Date.now() + RESTART_MS;
      return;
    }
    if (type === "auth-expired") {
      this.#over = "expired";
      return;
    }
    const content = parse(data);
    if (type === "message" && isEvent(content)) this.#to.onEvent(content);
    if (type === "snapshot" && Array.isArray(content?.jobs)) this.#to.onSnapshot(content);
  }

  /** @param {AbortController} opened @param {number} [wait] */
  #ended(opened, wait) {
    if (opened !== this.#opened) return; // it was closed, and perhaps there is a new one
    if (!this.#over && this.#to.isOver()) this.#over = "ended";
    if (!this.#over) {
      this.#wait(wait ?? backoff(this.#tries));
      return;
    }
    this.close();
    this.#tell(this.#over);
  }

  /** @param {number} delay */
  #wait(delay) {
    this.close();
    this.#tries += 1;
    this.#retrying = setTimeout(() => this.open(), delay);
    this.#tell(Date.now() < this.#restartsUntil ? "restarting" : "reconnecting", Date.now() + delay);
  }

  /** A connection that is dead says nothing, and a machine that slept heard nothing. */
  #watch() {
    if (Date.now() - this.#silentSince < LONGEST_SILENCE_MS) return;
    this.#tell("reconnecting");
    this.open();
  }

  /** @param {ConnectionState} state @param {number} [retryAt] */
  #tell(state, retryAt) {
    this.#to.onConnection({ state, retryAt, heardAt: this.#heardAt || undefined });
  }
}

/** @param {string | null} text */
function seconds(text) {
  return text && /^\d+$/.test(text) ? Number(text) * 1_000 : undefined;
}

/** JSON, or nothing: one bad frame must not end the stream. @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {any} content @returns {content is import("./fold.js").Event} */
function isEvent(content) {
  return typeof content?.type === "string" && typeof content.data?.job?.id === "string";
}
