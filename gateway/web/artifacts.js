/** The files that a job made: the report, and the others, which can be looked at here or taken along. */

import { element, fileName, setAttribute, setText } from "./element.js";
import { formatSize } from "./format.js";
import { isTerminal } from "./job.js";
import { previewOf } from "./preview.js";
import { say } from "./words.js";

/** @typedef {import("./job.js").Artifact} Artifact */

const REPORT = "report.html";

export class Artifacts {
  #address;
  #list = element("ul", { class: "plain artifacts", "aria-labelledby": "files-heading" });
  #none = element("p", { class: "hint" });
  /** @type {Map<string, HTMLElement>} by name and size: what is shown stays as it is, with its focus and its preview */
  #items = new Map();

  report = reportLink();
  node = element("section", { class: "made" });

  /** @param {(name: string) => string} address */
  constructor(address) {
    this.#address = address;
    this.node.append(element("h3", { id: "files-heading" }, say("files")), this.#none, this.#list);
  }

  /** @param {import("./job.js").Job} job */
  update(job) {
    const { artifacts } = job;
    const report = artifacts.find(({ name }) => name === REPORT);
    if (report) setAttribute(this.report, "href", this.#address(report.name));
    this.report.hidden = !report;
    const others = artifacts.filter((each) => each !== report);
    this.#none.hidden = artifacts.length > 0;
    setText(this.#none, say(isTerminal(job) ? "noneMade" : "noFiles"));
    const wanted = new Set(others.map(itemKey));
    [...this.#items.keys()].filter((key) => !wanted.has(key)).forEach((key) => this.#remove(key));
    others.filter((each) => !this.#items.has(itemKey(each))).forEach((each) => this.#add(each));
  }

  /** @param {Artifact} artifact */
  #add(artifact) {
    const item = artifactItem(artifact, this.#address(artifact.name));
    this.#items.set(itemKey(artifact), item);
    this.#list.append(item);
  }

  /** @param {string} key */
  #remove(key) {
    this.#items.get(key)?.remove();
    this.#items.delete(key);
  }
}

/** @param {Artifact} artifact */
function itemKey({ name, size }) {
  return `${size} ${name}`;
}

/** @param {Artifact} artifact @param {string} address */
function artifactItem(artifact, address) {
  const link = element("a", { href: address, download: artifact.name }, fileName(artifact.name));
  const line = element("div", { class: "artifact" }, link, element("span", { class: "size" }, formatSize(artifact.size)));
  const item = element("li", {}, line);
  const preview = previewOf(artifact, address);
  if (preview) line.append(previewButton(item, artifact.name, preview));
  return item;
}

/** @param {HTMLElement} item @param {string} name @param {() => Promise<HTMLElement>} preview */
function previewButton(item, name, preview) {
  const word = element("span", {}, say("preview"));
  const hint = element("span", { class: "visually-hidden" }, " ", fileName(name));
  const button = element("button", { class: "button small", type: "button", "aria-expanded": "false" }, word, hint);
  /** @type {HTMLElement | undefined} */
  let shown;
  const toggle = async () => {
    const box = element("div", { class: "preview" }, say("previewLoading"));
    const isOpening = !shown;
    shown?.remove();
    shown = isOpening ? box : undefined;
    setAttribute(button, "aria-expanded", String(isOpening));
    setText(word, say(isOpening ? "hidePreview" : "preview"));
    if (!isOpening) return;
    item.append(box);
    box.replaceChildren(await preview());
  };
  button.addEventListener("click", toggle);
  return button;
}

function reportLink() {
  const hint = element("span", { class: "visually-hidden" }, " ", say("newTab"));
  const link = element("a", { class: "button report", target: "_blank", rel: "noopener" }, say("openReport"), hint);
  link.hidden = true;
  return link;
}
