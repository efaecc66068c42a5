/** The stream of events, and how well we hear it. */

/** @typedef {"connecting" | "live" | "reconnecting" | "restarting"} Connection */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

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
 * An EventSource that never gives up. By itself it tries again after a network error, but an answer other than 200 (a
 * proxy's 502) closes it for good: then a new one is made, which says by its cursor what we already have.
 */
export class Stream {
  #url;
  #onEvent;
  #onConnection;
  /** @type {EventSource | undefined} */
  #source;
  #cursor = "";
  #isDraining = false; // the server said that it restarts: then a broken stream is no surprise
  #tries = 0;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {string} url
   * @param {{onEvent: (event: import("./job.js").Event) => void, onConnection: (connection: Connection) => void}} to
   */
  constructor(url, { onEvent, onConnection }) {
    this.#url = url;
    this.#onEvent = onEvent;
    this.#onConnection = onConnection;
  }

  /** Connect, or connect anew. */
  open() {
    this.close();
    const source = new EventSource(this.#address());
    source.onopen = () => this.#opened();
    source.onmessage = (message) => this.#received(message);
    source.onerror = () => this.#broke(source);
    source.addEventListener("draining", () => this.#drained());
    this.#source = source;
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  /** The network is gone: the browser may notice on the open stream only minutes later. */
  lose() {
    this.close();
    this.#onConnection("reconnecting");
  }

  #address() {
    const address = new URL(this.#url);
    if (this.#cursor) address.searchParams.set("last_event_id", this.#cursor);
    return address.href;
  }

  #opened() {
    this.#tries = 0;
    this.#isDraining = false;
    this.#onConnection("live");
  }

  #drained() {
    this.#isDraining = true;
    this.#onConnection("restarting");
  }

  /** @param {MessageEvent<string>} message */
  #received(message) {
    this.#cursor = message.lastEventId || this.#cursor;
    const event = parse(message.data);
    if (event) this.#onEvent(event);
  }

  /** @param {EventSource} source */
  #broke(source) {
    this.#onConnection(this.#isDraining ? "restarting" : "reconnecting");
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), backoff(this.#tries));
    this.#tries += 1;
  }
}

/**
 * An event, or nothing if it is not one: one bad frame must not end the stream.
 * @param {string} text
 * @returns {import("./job.js").Event | undefined}
 */
function parse(text) {
  try {
    const event = JSON.parse(text);
    return typeof event?.type === "string" && typeof event.data?.job?.id === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}
