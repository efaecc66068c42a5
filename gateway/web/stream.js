/** The stream of events, and how well we hear it. Its format is in docs/events.md. */

/** @typedef {"connecting" | "live" | "reconnecting" | "restarting" | "expired" | "ended"} Connection */
/** @typedef {{reason: string, jobs: Record<string, any>[]}} Snapshot */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
const RESTART_MS = 30_000; // a server that said that it restarts is back by then, or it is no restart

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
 * proxy's 502) closes it for good: then a new one is made, which says by its cursor what we already have. What comes
 * after a cursor that we sent may have come before: whoever reads drops what is not newer.
 */
export class Stream {
  #url;
  #to;
  /** @type {EventSource | undefined} */
  #source;
  #cursor = "";
  #restartsUntil = 0; // until then a broken stream is no surprise
  #isExpired = false; // whoever we are, the server wants to know it anew
  #tries = 0;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {string} url
   * @param {object} to
   * @param {(event: import("./fold.js").Event) => void} to.onEvent
   * @param {(snapshot: Snapshot) => void} to.onSnapshot takes the place of all before it
   * @param {(connection: Connection) => void} to.onConnection
   * @param {() => boolean} to.isOver whether a stream that ends has told all that there will be
   */
  constructor(url, to) {
    this.#url = url;
    this.#to = to;
  }

  /** Connect, or connect anew. */
  open() {
    this.close();
    const source = new EventSource(this.#address(), { withCredentials: true }); // the cookie says what is ours
    source.onopen = () => this.#opened();
    source.onmessage = (message) => this.#received(message, readEvent, this.#to.onEvent);
    source.onerror = () => this.#broke(source);
    source.addEventListener("snapshot", (message) => this.#received(message, readSnapshot, this.#to.onSnapshot));
    source.addEventListener("draining", () => this.#drained());
    source.addEventListener("auth-expired", () => (this.#isExpired = true));
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
    this.#to.onConnection("reconnecting");
  }

  #address() {
    const address = new URL(this.#url);
    if (this.#cursor) address.searchParams.set("last_event_id", this.#cursor);
    return address.href;
  }

  #opened() {
    this.#tries = 0;
    this.#restartsUntil = 0;
    this.#isExpired = false;
    this.#to.onConnection("live");
  }

  #drained() {
    this.#restartsUntil = Date.now() + RESTART_MS;
    this.#to.onConnection("restarting");
  }

  /**
   * @template T
   * @param {MessageEvent<string>} message
   * @param {(content: any) => T | undefined} read
   * @param {(content: T) => void} tell
   */
  #received(message, read, tell) {
    // Few messages have an id, and some ids come alone: the browser gives us the newest that it has.
    this.#cursor = message.lastEventId || this.#cursor;
    const content = read(parse(message.data));
    if (content) tell(content);
  }

  #whyBroken() {
    if (this.#isExpired) return "expired";
    return Date.now() < this.#restartsUntil ? "restarting" : "reconnecting";
  }

  /** @param {EventSource} source */
  #broke(source) {
    if (this.#to.isOver()) {
      this.close();
      this.#to.onConnection("ended");
      return;
    }
    this.#to.onConnection(this.#whyBroken());
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), backoff(this.#tries));
    this.#tries += 1;
  }
}

/** JSON, or nothing: one bad frame must not end the stream. @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param {any} content @returns {import("./fold.js").Event | undefined} */
function readEvent(content) {
  return typeof content?.type === "string" && typeof content.data?.job?.id === "string" ? content : undefined;
}

/** @param {any} content @returns {Snapshot | undefined} */
function readSnapshot(content) {
  return Array.isArray(content?.jobs) ? content : undefined;
}
