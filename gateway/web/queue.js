/** Where waiting jobs stand. Pure. */

/**
 * How many jobs wait before each waiting one, as far as we know: those of its pipeline that came earlier.
 * @param {readonly import("./job.js").Job[]} jobs
 * @returns {Map<string, number>} by the job's id
 */
export function positions(jobs) {
  const waiting = jobs.filter(({ state }) => state === "queued");
  /** @type {Map<string, number>} */
  const lengths = new Map();
  // The newest that was heard of a waiting job is that it was queued, perhaps again.
  const inOrder = waiting.sort((one, other) => one.heardAt - other.heardAt || (one.id < other.id ? -1 : 1));
  return new Map(
    inOrder.map(({ id, pipeline }) => {
      const ahead = lengths.get(pipeline) ?? 0;
      lengths.set(pipeline, ahead + 1);
      return [id, ahead];
    }),
  );
}
