/** One upload is sent by one page at a time: a Web Lock, which ends with the page. Plain http has none. */

const PREFIX = "stagecast.sends ";

/**
 * Hold `name` while `work` lasts; `isOurs` says whether nobody else did.
 * @template T
 * @param {string} name
 * @param {(isOurs: boolean) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function claim(name, work) {
  if (!navigator.locks) return work(true);
  return navigator.locks.request(PREFIX + name, { ifAvailable: true }, (lock) => work(lock !== null));
}

/** Which names are held, in any tab. @returns {Promise<Set<string>>} */
export async function claimed() {
  const held = (await navigator.locks?.query())?.held ?? [];
  return new Set(held.map(({ name = "" }) => name.slice(PREFIX.length)));
}
