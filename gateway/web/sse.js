/** `text/event-stream`, as the HTML standard has it. Pure: text in, frames out. */

/** @typedef {{type: string, data: string}} Frame */

/** Reads a stream in pieces that may end anywhere. */
export class FrameReader {
  /** The newest `id:`; it may come alone, so it is no part of a frame. */
  cursor;

  /** The newest `retry:`, in milliseconds. @type {number | undefined} */
  retry;

  #rest = "";
  #type = "";
  /** @type {string[]} */
  #data = [];

  /** @param {string} [cursor] that of the stream which this one goes on with */
  constructor(cursor = "") {
    this.cursor = cursor;
  }

  /** The frames that this text completes. @param {string} text @returns {Frame[]} */
  read(text) {
    const all = this.#rest + text;
    const isHalf = all.endsWith("\r"); // its newline may come with the next piece
    const lines = (isHalf ? all.slice(0, -1) : all).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() + (isHalf ? "\r" : "");
    return lines.map((line) => this.#line(line)).filter((frame) => frame !== undefined);
  }

  /** @param {string} line @returns {Frame | undefined} */
  #line(line) {
    if (line === "") return this.#frame();
    const [, field, value] = /** @type {RegExpMatchArray} */ (line.match(/^([^:]*)(?:: ?(.*))?$/s));
    if (field === "data") this.#data.push(value ?? "");
    else if (field === "event") this.#type = value ?? "";
    else if (field === "id") this.cursor = value ?? "";
    else if (field === "retry" && /^\d+$/.test(value ?? "")) this.retry = Number(value);
    return undefined; // a comment has no field: that it came is all that it says
  }

  #frame() {
    const frame = { type: this.#type || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#type = "";
    this.#data = [];
    return isEmpty ? undefined : frame;
  }
}
