/** Notifications when a job of ours ends in a tab that nobody sees; only for who asked for them. */

import { describe } from "./announcer.js";
import { byId, setAttribute, setText } from "./element.js";
import { isTerminal } from "./job.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Job} Job */

const KEPT = "stagecast.notify";
const RECENT_MS = 60_000; // what is replayed from long ago is no news

export class Alerts {
  #owner;
  #button = byId("notify");

  /** @param {string} owner the reader's pseudonym */
  constructor(owner) {
    this.#owner = owner;
    this.#button.hidden = !("Notification" in globalThis);
    this.#button.addEventListener("click", () => this.#toggle());
    this.draw();
  }

  /** @param {Job | undefined} before @param {Job | undefined} after */
  tell(before, after) {
    if (!document.hidden || !this.#isOn() || !before || !after || after.owner !== this.#owner) return;
    if (isTerminal(before) || !isTerminal(after) || Date.now() - after.heardAt > RECENT_MS) return;
    // The tag makes one of what several hidden tabs say.
    const shown = new Notification(describe(after) ?? "", { tag: after.id, icon: "/web/favicon.svg" });
    shown.onclick = () => {
      focus();
      location.hash = `#/jobs/${after.id}`;
      shown.close();
    };
  }

  draw() {
    const isDenied = globalThis.Notification?.permission === "denied";
    const words = say(isDenied ? "notifyDenied" : this.#isOn() ? "notifyOff" : "notifyOn");
    setAttribute(this.#button, "aria-pressed", String(this.#isOn()));
    setAttribute(this.#button, "title", words);
    setText(byId("notify-text"), words);
  }

  #isOn() {
    return globalThis.Notification?.permission === "granted" && localStorage.getItem(KEPT) === "1";
  }

  async #toggle() {
    const isWanted = !this.#isOn() && (await Notification.requestPermission()) === "granted";
    localStorage.setItem(KEPT, isWanted ? "1" : "0");
    this.draw();
  }
}
