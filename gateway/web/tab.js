/** What is seen of the page when it is not: its tab's title and icon. */

import { byId, setAttribute } from "./element.js";
import { formatPercent } from "./format.js";
import { say } from "./words.js";

const ICON = "/web/favicon.svg";
const STEP = 5; // percent; an icon is drawn anew for each

/** @param {import("./job.js").Job[]} jobs */
export function drawTab(jobs) {
  const running = jobs.filter(({ state }) => state === "running");
  const share = running.reduce((sum, { overall }) => sum + overall, 0) / running.length;
  const isIdle = running.length === 0;
  const title = isIdle ? "Stagecast" : say("titleRunning", { percent: formatPercent(share), count: running.length });
  if (document.title !== title) document.title = title;
  setAttribute(byId("icon"), "href", isIdle ? ICON : ring(Math.floor((share * 100) / STEP) * STEP));
}

/** An icon whose ring is closed so far. @param {number} percent */
function ring(percent) {
  const circle = `cx='16' cy='16' r='12' fill='none' stroke-width='6'`;
  const done = `pathLength='100' stroke-dasharray='${percent} 100' transform='rotate(-90 16 16)'`;
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><circle ${circle} stroke='#9aa7b8'/>` +
      `<circle ${circle} stroke='#2f5bd8' ${done}/></svg>`,
  )}`;
}
