/** Uploads that a page began which is no longer there: only the person can give us their files again. */

import { claimed } from "./claim.js";
import { forget, isSameFile, keep, kept } from "./kept.js";
import { discard, fileKey } from "./resumable.js";
import { look } from "./tus.js";

/** @typedef {import("./kept.js").Kept} Kept */

export class Unfinished {
  #onChange;
  /** @type {Set<string> | undefined} files that some tab sends; before it is known, none is shown */
  #sent;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {readonly {file: File}[]} uploads of this page: they have cards of their own @returns {Kept[]} */
  all(uploads) {
    const sent = this.#sent;
    if (!sent) return [];
    const others = kept().filter((one) => one.url.startsWith(`${location.origin}/`) && !sent.has(fileKey(one)));
    return others.filter((one) => !uploads.some(({ file }) => isSameFile(file, one)));
  }

  /** Ask the gateway how far they are, and forget what is gone or done. */
  async look() {
    await this.tick();
    await Promise.all(this.all([]).map((one) => this.#look(one).catch(() => undefined))); // what we knew stands
    this.#onChange();
  }

  /** Who sends what now. */
  async tick() {
    this.#sent = await claimed();
  }

  /** @param {{name: string, size: number, lastModified: number}} file of which nothing is to be left */
  remove(file) {
    kept().filter((one) => isSameFile(one, file)).forEach(({ url }) => void discard(url));
    this.#onChange();
  }

  /** @param {Kept} one */
  async #look(one) {
    const there = await look(new URL(one.url));
    if (!there || there.job || there.offset === one.size) forget(one.url);
    else keep({ ...one, share: there.offset / one.size });
  }
}
