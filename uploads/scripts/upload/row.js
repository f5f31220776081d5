// One file on the upload page, from waiting to ready.

import { bytesInWords, word } from "../shared/words.js";
import { Details } from "./details.js";
import { showStages } from "./stages.js";

const THUMBNAIL_FORMATS = ["webp", "jpeg", "png", "avif"];
// What can be done with a file in each of its states; `open` and `retry` follow from more than that.
const ACTIONS = {
  waiting: ["pause", "remove"],
  sending: ["pause"],
  paused: ["resume", "remove"],
  refused: ["remove"],
  twin: ["anyway", "remove"],
};

export const OFFERED = ".file__actions > :not([hidden])";

export class FileRow {
  // waiting, paused, sending, processing, ready, cancelled, refused or twin
  state = "waiting";
  imageId = null;
  key = randomKey();
  // How often the server asked to wait.
  pauses = 0;
  // One that was sent, or is wanted all the same, is not compared with others any more.
  mayBeTwin = true;
  #final = false;

  /** @param act `(name, row)`: a person wants to pause, resume, retry, anyway or remove. */
  constructor(file, { act, tags }) {
    this.file = file;
    const copy = document.getElementById("file-template").content.cloneNode(true);
    this.element = copy.firstElementChild;
    this.details = new Details(this.#find(".file__details"), { tags });
    this.#find("[data-name]").textContent = file.name;
    this.#find("[data-bytes]").textContent = bytesInWords(file.size);
    this.element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) act(button.dataset.act, this);
    });
    for (const button of this.element.querySelectorAll("[data-act], [data-open]")) {
      button.append(hiddenWords(` ${file.name}`));
    }
    this.wait();
    document.getElementById("files").append(this.element);
  }

  get name() {
    return this.file.name;
  }

  get url() {
    return this.imageId ? `/images/${this.imageId}/` : "";
  }

  /** Whether the content of this file is on its way or has arrived. */
  get isKept() {
    return this.element.isConnected && !["refused", "twin", "cancelled"].includes(this.state);
  }

  get mayRetry() {
    return this.state === "refused" && !this.#final;
  }

  described() {
    return this.details.typed;
  }

  wait() {
    this.#enter("waiting", word("waiting"));
  }

  pause() {
    this.#enter("paused", word("paused"));
  }

  /** Show how much has been sent, as a fraction. */
  progress(fraction) {
    this.mayBeTwin = false;
    const percent = Math.round(100 * fraction);
    const text = fraction < 1 ? word("sending", { percent }) : word("checking");
    this.#enter("sending", text);
    this.#find("progress").value = percent;
  }

  say(text) {
    this.#find("[data-state]").textContent = text;
  }

  /** Say in words why this file is not accepted; a `final` refusal has no retry. */
  refuse(detail, { final = false } = {}) {
    this.#final = final;
    this.#enter("refused", word("refused"));
    this.#find(".file__problem span").textContent = detail;
  }

  /** Say that the same picture is here already, and where. */
  showTwin({ name, url }) {
    this.#enter("twin", word(url ? "twin" : "twin-here", { name }));
    this.#link(url);
  }

  restart() {
    this.#enter("processing", word("image-queued"));
  }

  /** Show an image as the API describes it. */
  show(image) {
    this.imageId = image.id;
    if (image.status === "failed") this.#fail(image);
    else this.#enter(stateOf(image.status), word(`image-${image.status}`));
    showStages(this.element, image.stages);
    this.#showThumbnail(image);
    this.#link(this.url);
  }

  #fail(image) {
    const failed = image.stages.find((stage) => stage.status === "failed");
    const { code = "", detail = "" } = failed?.error ?? {};
    this.refuse(word(`reason-${code}`) || detail || word("failed"));
    this.say(word("image-failed"));
  }

  #enter(state, text) {
    this.state = state;
    this.element.dataset.state = state;
    this.say(text);
    this.#find("progress").hidden = state !== "sending";
    this.#find(".file__problem").hidden = state !== "refused";
    this.#find(".file__details").hidden = state === "twin" || (state === "refused" && this.#final);
    if (state !== "twin" && !this.imageId) this.#link("");
    this.#offer([...(ACTIONS[state] ?? []), ...(this.mayRetry ? ["retry"] : [])]);
  }

  #offer(actions) {
    for (const button of this.element.querySelectorAll("[data-act]")) {
      button.hidden = !actions.includes(button.dataset.act);
    }
    this.#keepFocus();
  }

  // A button that goes away hands its focus to the one in its place.
  #keepFocus() {
    const focused = document.activeElement;
    if (focused.hidden && this.element.contains(focused)) this.#find(OFFERED)?.focus();
  }

  #link(url) {
    const link = this.#find("[data-open]");
    link.href = url;
    link.hidden = !url;
    this.#keepFocus();
  }

  #showThumbnail(image) {
    const frame = this.#find(".file__frame");
    const url = thumbnailOf(image.variants);
    if (!url || frame.querySelector("img")?.getAttribute("src") === url) return;
    const picture = Object.assign(new Image(64, 64), { src: url, alt: "" });
    frame.replaceChildren(picture);
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}

function stateOf(status) {
  return ["queued", "processing"].includes(status) ? "processing" : status;
}

function thumbnailOf(variants) {
  const cut = variants.filter((variant) => variant.kind === "thumbnail");
  const width = Math.min(...cut.map((variant) => variant.width));
  const smallest = cut.filter((variant) => variant.width === width);
  const known = (variant) => THUMBNAIL_FORMATS.indexOf(variant.format);
  return smallest.sort((a, b) => known(a) - known(b))[0]?.url;
}

// Buttons of many rows are alike to the eye, but not to the ear.
function hiddenWords(text) {
  return Object.assign(document.createElement("span"), {
    className: "visually-hidden",
    textContent: text,
  });
}

// `crypto.randomUUID` is there only under HTTPS and on localhost.
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
