/** A file that goes on where it broke off: tus 1.0.0 (https://tus.io/protocols/resumable-upload). */

import { claim } from "./claim.js";
import { exchange, explain } from "./exchange.js";
import { forget, isSameFile, keep, kept } from "./kept.js";
import { Problem, readObject } from "./problem.js";
import { isPassing, mayBe, pause } from "./tries.js";

/** @typedef {import("./send.js").Accepted} Accepted */
/** @typedef {import("./send.js").SendOptions & {key: string}} Options */

const TUS = { "Tus-Resumable": "1.0.0" };
const NOT_SPOKEN = [404, 405]; // to a creation
const GONE = [404, 410]; // to all else: it was removed

/** This gateway knows no resumable uploads: send the file whole. */
export class NotSpoken extends Error {}

/**
 * @param {string} url of `/upload`
 * @param {File} file
 * @param {Options} options
 * @returns {Promise<Accepted>}
 * @throws {NotSpoken | Problem} `AbortError` when the signal said so, and then nothing of it is left
 */
export function sendResumably(url, file, options) {
  const address = new URL("files", url);
  new URL(url).searchParams.forEach((value, name) => address.searchParams.set(name, value));
  return claim(fileKey(file), (isOurs) => new Resumable(address, file, { ...options, isKept: isOurs }).send());
}

/** What the lock on a file's upload is called. @param {{name: string, size: number, lastModified: number}} file */
export function fileKey({ name, size, lastModified }) {
  return [size, lastModified, name].join(" ");
}

/**
 * Give an upload up, here and at the gateway; one that does not hear of it removes it later.
 * @param {string} place its URL without a query
 * @param {URL} [address]
 */
export async function discard(place, address = new URL(place)) {
  forget(place);
  await exchange("DELETE", address, { headers: TUS }).catch(() => undefined);
}

/** How much of an upload is there, 0 to 1; 1 also where it is gone. @param {string} url @param {number} size */
export async function shareThere(url, size) {
  const answer = await exchange("HEAD", new URL(url), { headers: TUS });
  if (GONE.includes(answer.status) || answer.getResponseHeader("Stagecast-Job")) return 1;
  if (answer.status >= 400) throw explain(answer);
  return readOffset(answer) / size;
}

/** @param {string} name @param {string} [pipeline] the header `Upload-Metadata` */
export function metadata(name, pipeline) {
  const pairs = Object.entries({ filename: name, pipeline });
  return pairs.flatMap(([key, value]) => (value ? `${key} ${base64(value)}` : [])).join(",");
}

class Resumable {
  #files;
  #file;
  #options;
  #key;
  #place = ""; // its URL without a query; empty: it is not begun
  #offset = 0; // bytes that the gateway has said it has

  /** @param {URL} files @param {File} file @param {Options & {isKept: boolean}} options */
  constructor(files, file, options) {
    this.#files = files;
    this.#file = file;
    this.#options = options;
    this.#key = options.key;
    this.#place = options.isKept ? this.#find() : "";
  }

  async send() {
    try {
      return await this.#sendInTries();
    } catch (problem) {
      if (this.#options.signal?.aborted && this.#place) void discard(this.#place, this.#address());
      throw problem;
    }
  }

  /** As many tries as bring something, and a few that do not. */
  async #sendInTries() {
    for (let tries = 1, best = 0; ; tries += 1) {
      try {
        return await this.#try();
      } catch (problem) {
        if (this.#offset > best) [tries, best] = [1, this.#offset];
        if (!isPassing(problem) || !mayBe(tries, problem)) throw problem;
        await pause(tries, problem, this.#options.signal);
      }
    }
  }

  async #try() {
    let answer = (await this.#head()) ?? (await this.#create());
    while (!answer.getResponseHeader("Stagecast-Job")) answer = await this.#add();
    this.#options.onProgress?.(1);
    forget(this.#place);
    return this.#accepted(answer.getResponseHeader("Stagecast-Job") ?? "");
  }

  /** How far it is, if there is one. */
  async #head() {
    if (!this.#place) return undefined;
    const answer = await this.#ask("HEAD", this.#address());
    if (!GONE.includes(answer.status)) return this.#judge(answer);
    this.#lose();
    return undefined;
  }

  /** Begin. Where the answer is lost, the same key finds the same upload. */
  async #create() {
    const { name, size } = this.#file;
    const answer = await this.#ask("POST", this.#files, {
      headers: {
        "Idempotency-Key": this.#key,
        "Upload-Length": String(size),
        "Upload-Metadata": metadata(name, this.#options.pipeline),
      },
    });
    if (NOT_SPOKEN.includes(answer.status)) throw new NotSpoken();
    if (answer.status < 400 && answer.getResponseHeader("Upload-Offset") === null) throw new NotSpoken();
    this.#judge(answer);
    // Its id alone: what stands in front of the gateway may have a path of its own.
    const id = (answer.getResponseHeader("Location") ?? "").split("/").at(-1);
    this.#place = `${this.#files.origin}${this.#files.pathname}/${id}`;
    this.#keep(this.#offset);
    return answer;
  }

  /** Send all that is missing. */
  async #add() {
    const before = this.#offset;
    const answer = await this.#ask("PATCH", this.#address(), {
      headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(before) },
      body: this.#file.slice(before),
      onProgress: (loaded) => this.#options.onProgress?.(Math.min((before + loaded) / this.#file.size, 1)),
    });
    if (GONE.includes(answer.status)) {
      this.#lose();
      throw new Problem("The upload is no longer there; it is begun anew.");
    }
    this.#judge(answer);
    if (this.#offset <= before && !answer.getResponseHeader("Stagecast-Job")) {
      throw new Problem("The server took nothing of what was sent.");
    }
    this.#keep(this.#offset);
    return answer;
  }

  /** @param {XMLHttpRequest} answer */
  #judge(answer) {
    if (answer.status >= 400) throw explain(answer);
    this.#offset = readOffset(answer);
    return answer;
  }

  /** The job that it became; it is there, whether or not it can be read now. @param {string} path @returns {Promise<Accepted>} */
  async #accepted(path) {
    const { name: ours, size: sent } = this.#file;
    const address = new URL(this.#files);
    address.pathname = address.pathname.replace(/\/files$/, path);
    const answer = await this.#ask("GET", address).catch(() => undefined);
    const told = readObject(answer?.status === 200 ? answer.responseText : "").job ?? {};
    const { name = ours, size = sent, pipeline = this.#options.pipeline ?? "" } = told;
    return { id: path.split("/").at(-1) ?? "", name, size, pipeline };
  }

  /** @param {string} method @param {URL} url @param {Parameters<typeof exchange>[2]} [options] */
  #ask(method, url, { headers, ...options } = {}) {
    return exchange(method, url, { headers: { ...TUS, ...headers }, signal: this.#options.signal, ...options });
  }

  #address() {
    return new URL(this.#place + this.#files.search);
  }

  #find() {
    const { origin, pathname } = this.#files;
    const { pipeline = "" } = this.#options;
    const mine = kept().filter((one) => one.url.startsWith(`${origin}${pathname}/`) && one.pipeline === pipeline);
    return mine.find((one) => isSameFile(one, this.#file))?.url ?? "";
  }

  #lose() {
    forget(this.#place);
    this.#place = "";
    this.#offset = 0;
    this.#key = `${this.#options.key}-${Date.now()}`; // of the old one traces may be left
  }

  /** @param {number} offset */
  #keep(offset) {
    if (!this.#options.isKept) return;
    const { name, size, lastModified } = this.#file;
    const { pipeline = "" } = this.#options;
    keep({ url: this.#place, name, size, lastModified, pipeline, share: offset / size });
  }
}

/** @param {XMLHttpRequest} answer */
function readOffset(answer) {
  const offset = Number.parseInt(answer.getResponseHeader("Upload-Offset") ?? "", 10);
  if (!(offset >= 0)) throw new Problem("What answers is no gateway.");
  return offset;
}

/** @param {string} text */
function base64(text) {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
