/** A file that goes on where it broke off. What is said for that is in tus.js. */

import { claim } from "./claim.js";
import { exchange } from "./exchange.js";
import { forget, isSameFile, keep, kept } from "./kept.js";
import { Problem, readObject } from "./problem.js";
import { isPassing, mayBe, pause } from "./tries.js";
import { add, create, look, remove } from "./tus.js";

/** @typedef {import("./send.js").Accepted} Accepted */
/** @typedef {import("./send.js").SendOptions & {key: string}} Options */

/**
 * @param {string} url of `/upload`
 * @param {File} file
 * @param {Options} options
 * @returns {Promise<Accepted>}
 * @throws {import("./tus.js").NotSpoken | Problem} `AbortError` when the signal said so, and then nothing of it is left
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

/** Give an upload up, here and at the gateway. @param {string} place its URL without a query @param {URL} [address] */
export function discard(place, address = new URL(place)) {
  forget(place);
  return remove(address);
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
    let { job } = (await this.#look()) ?? (await this.#create());
    while (!job) ({ job } = await this.#add());
    this.#options.onProgress?.(1);
    forget(this.#place);
    return this.#accepted(job);
  }

  /** How far it is, if there is one. */
  async #look() {
    if (!this.#place) return undefined;
    const there = await look(this.#address(), this.#options.signal);
    if (there) this.#offset = there.offset;
    else this.#lose();
    return there;
  }

  async #create() {
    const { name, size } = this.#file;
    const { pipeline, signal } = this.#options;
    const begun = await create(this.#files, { name, size, pipeline, key: this.#key }, signal);
    this.#place = `${this.#files.origin}${this.#files.pathname}/${begun.id}`;
    this.#keep(begun.offset);
    return begun;
  }

  /** Send all that is missing. */
  async #add() {
    const before = this.#offset;
    const there = await add(this.#address(), before, {
      body: this.#file.slice(before),
      onProgress: (loaded) => this.#options.onProgress?.(Math.min((before + loaded) / this.#file.size, 1)),
      signal: this.#options.signal,
    });
    if (!there) {
      this.#lose();
      throw new Problem("The upload is no longer there; it is begun anew.");
    }
    this.#keep(there.offset);
    if (there.offset <= before && !there.job) throw new Problem("The server took nothing of what was sent.");
    return there;
  }

  /** The job that it became; it is there, whether or not it can be read now. @param {string} path @returns {Promise<Accepted>} */
  async #accepted(path) {
    const { name: ours, size: sent } = this.#file;
    const address = new URL(this.#files);
    address.pathname = address.pathname.replace(/\/files$/, path);
    const answer = await exchange("GET", address, { signal: this.#options.signal }).catch(() => undefined);
    const told = readObject(answer?.status === 200 ? answer.responseText : "").job ?? {};
    const { name = ours, size = sent, pipeline = this.#options.pipeline ?? "" } = told;
    return { id: path.split("/").at(-1) ?? "", name, size, pipeline };
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

  /** The gateway has said that it has so many bytes. @param {number} offset */
  #keep(offset) {
    this.#offset = offset;
    if (!this.#options.isKept) return;
    const { name, size, lastModified } = this.#file;
    const { pipeline = "" } = this.#options;
    keep({ url: this.#place, name, size, lastModified, pipeline, share: offset / size });
  }
}
