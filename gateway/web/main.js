/** Where the page is put together. */

import { acceptFiles } from "./drop.js";
import { byId, setText } from "./element.js";
import { isTerminal } from "./job.js";
import { Jobs } from "./jobs.js";
import { IS_SHARED, withShare } from "./share.js";
import { readJob } from "./snapshot.js";
import { Stream } from "./stream.js";
import { Uploads } from "./upload.js";
import { View } from "./view.js";

const MOST_JOBS = 200;
const UPLOADS_AT_ONCE = 3; // a browser opens six connections to a server; the stream and other tabs need some
const TICK_MS = 1_000;
const LONGEST_TICK_MS = 90_000; // hidden pages tick once a minute at the slowest; a longer pause was sleep

function main() {
  const eventsUrl = readEventsUrl();
  const jobs = new Jobs(MOST_JOBS);
  const uploads = new Uploads(UPLOADS_AT_ONCE, {
    onChange: () => view.refresh([]),
    onAccepted: (accepted) => view.refresh(jobs.accept(accepted, Date.now())),
    onFailed: (file, problem) => view.announcer.say(`Not uploaded: ${file.name}. ${problem}`),
  });
  const view = new View(jobs, uploads);
  const stream = new Stream(eventsUrl.href, listeners(jobs, view));

  showCommands(eventsUrl);
  acceptFiles((files) => uploads.add(files));
  keepConnected(stream, () => view.tick());
  warnBeforeLeaving(uploads);
  stream.open();
}

/**
 * What becomes of what the stream says.
 * @param {Jobs} jobs
 * @param {View} view
 * @returns {ConstructorParameters<typeof Stream>[1]}
 */
function listeners(jobs, view) {
  const change = (/** @type {string[]} */ ids, /** @type {() => string[]} */ act) => {
    const before = ids.map((id) => jobs.get(id));
    view.refresh(act());
    ids.forEach((id, index) => view.announcer.tell(before[index], jobs.get(id)));
  };
  return {
    onEvent: (event) => change([event.data.job.id], () => jobs.apply(event, Date.now())),
    onSnapshot: (snapshot) => {
      const now = Date.now();
      const told = snapshot.jobs.map((job) => readJob(job, now));
      change(told.map(({ id }) => id), () => jobs.replace(told, now));
      view.sayCaughtUp(snapshot.reason);
    },
    isOver: () => IS_SHARED && jobs.isComplete && jobs.all().every(isTerminal),
    onConnection: (connection) => view.showConnection(connection),
  };
}

/** Where the notifier's stream is; the gateway writes it into the page. */
function readEventsUrl() {
  const meta = document.querySelector('meta[name="stagecast-events"]');
  return withShare(new URL(meta?.getAttribute("content") ?? "", location.href));
}

/** @param {URL} eventsUrl */
function showCommands(eventsUrl) {
  const text = new URL(eventsUrl);
  text.searchParams.set("format", "text");
  setText(byId("curl-upload"), `curl -F file=@FILE ${location.origin}/upload`);
  setText(byId("curl-events"), `curl -N '${text.href}'`);
}

/**
 * What the browser knows about the network and an open stream does not: that it is gone, that it is back, that the
 * machine slept, or that the page comes out of the back-forward cache.
 * @param {Stream} stream
 * @param {() => void} onTick
 */
function keepConnected(stream, onTick) {
  addEventListener("offline", () => stream.lose());
  addEventListener("online", () => stream.open());
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => event.persisted && stream.open());
  let last = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - last > LONGEST_TICK_MS) stream.open();
    last = now;
    onTick();
  }, TICK_MS);
}

/** @param {Uploads} uploads */
function warnBeforeLeaving(uploads) {
  addEventListener("beforeunload", (event) => {
    if (uploads.all().some(({ state }) => state !== "failed")) event.preventDefault();
  });
}

main();
