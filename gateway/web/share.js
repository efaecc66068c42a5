/** A page that was opened by a share link follows that one job, and shows the link wherever it asks. */

const TEXT = new URLSearchParams(globalThis.location?.search).get("share");

export const IS_SHARED = TEXT !== null;

/** @param {URL} url */
export function withShare(url) {
  const shared = new URL(url);
  if (TEXT !== null) shared.searchParams.set("share", TEXT);
  return shared;
}
