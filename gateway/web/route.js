/** What the address says is to be seen: `#/`, `#/?mine=1&state=failed&search=q3`, `#/jobs/<id>`. Pure. */

/**
 * @typedef {object} Filter
 * @property {boolean} mine
 * @property {string} state a job's, `active`, or empty for any
 * @property {string} search
 */

/** @typedef {{job: string | undefined, filter: Filter}} Route */

/** @param {string} hash @returns {Route} */
export function readRoute(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const wanted = new URLSearchParams(query);
  const job = path.match(/^\/jobs\/([^/]+)$/)?.[1];
  const filter = {
    mine: wanted.get("mine") === "1",
    state: wanted.get("state") ?? "",
    search: wanted.get("search") ?? "",
  };
  return { job: job && decoded(job), filter };
}

/** @param {Filter} filter @returns {string} a hash */
export function listAddress({ mine, state, search }) {
  const query = new URLSearchParams();
  if (mine) query.set("mine", "1");
  if (state) query.set("state", state);
  if (search) query.set("search", search);
  return query.size > 0 ? `#/?${query}` : "#/";
}

/** @param {string} id */
export function jobAddress(id) {
  return `#/jobs/${encodeURIComponent(id)}`;
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
