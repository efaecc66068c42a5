/** Where the page is put together. load.js calls it. */

import { acceptFiles } from "./drop.js";
import { byId, setText } from "./element.js";
import { speakReadersLanguage } from "./language.js";
import { jobAddress, readRoute } from "./route.js";
import { IS_SHARED, withShare } from "./share.js";
import { connect } from "./stagecast.js";
import { Unfinished } from "./unfinished.js";
import { Uploads } from "./upload.js";
import { View } from "./view.js";
import { say } from "./words.js";

const UPLOADS_AT_ONCE = 3; // a browser opens six connections to a server; the stream and other tabs need some
const TICK_MS = 1_000;

export function main() {
  speakReadersLanguage(() => view.rebuild());
  const events = withShare(new URL(meta("stagecast-events"), location.href));
  const owner = meta("stagecast-owner");
  const client = connect(withShare(new URL("/", location.href)).href, { events: events.href, owner });
  const unfinished = new Unfinished(() => view.refresh([]));
  const uploads = new Uploads(UPLOADS_AT_ONCE, {
    send: (file, options) => client.upload(file, options),
    onChange: () => view.refresh([]),
    onFailed: ({ name }, problem) => view.announcer.say(say("notUploaded", { name, problem })),
    onGivenUp: (file) => unfinished.remove(file),
  });
  const view = new View(client, { uploads, unfinished }, owner);

  client.on("change", (change) => view.change(change));
  if (IS_SHARED) client.on("change", ({ jobs }) => openOnly(jobs));
  client.on("connection", () => view.tick());
  client.on("caughtup", (told) => view.sayCaughtUp(told));
  showCommands(events);
  if (IS_SHARED) document.body.dataset.shared = ""; // whoever has but a link follows, and changes nothing
  else {
    acceptFiles((files) => uploads.add(files));
    void unfinished.look();
    setInterval(() => unfinished.tick(), TICK_MS);
  }
  byId("reload").addEventListener("click", () => location.reload());
  followAddress(view);
  warnBeforeLeaving(uploads);
  setInterval(() => view.tick(), TICK_MS);
}

/** A link is to one job. @param {import("./stagecast.js").Job[]} jobs */
function openOnly([job]) {
  if (job && !readRoute(location.hash).job) location.replace(jobAddress(job.id));
}

/** What the gateway wrote into the page. @param {string} name */
function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}

/** What a terminal brings along, so that this server knows it again. @returns {string} options of `curl` */
function credentials() {
  const { door = "" } = document.body.dataset;
  if (IS_SHARED || door === "cookies all") return "";
  return door.startsWith("tokens") ? '-H "Authorization: Bearer $TOKEN" ' : "-b cookies.txt -c cookies.txt ";
}

/** @param {URL} events */
function showCommands(events) {
  const text = new URL(events);
  text.searchParams.set("format", "text");
  setText(byId("curl-upload"), `curl ${credentials()}-F file=@FILE ${location.origin}/upload`);
  setText(byId("curl-events"), `curl -N ${credentials()}'${text.href}'`);
}

/** @param {View} view */
function followAddress(view) {
  addEventListener("hashchange", () => view.go(readRoute(location.hash), true));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address says what is seen, not where
    view.focus();
  });
  view.go(readRoute(location.hash), false);
}

/** @param {Uploads} uploads */
function warnBeforeLeaving(uploads) {
  addEventListener("beforeunload", (event) => {
    if (uploads.all().some(({ state }) => state !== "failed")) event.preventDefault();
  });
}
