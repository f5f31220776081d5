// One file on the upload page, from waiting to ready.

import { bytesInWords, word } from "./words.js";

const SETTLED = new Set(["succeeded", "skipped"]);
const THUMBNAIL_FORMATS = ["webp", "jpeg", "png", "avif"];

export class FileRow {
  // waiting, sending, processing, ready, cancelled or refused
  state = "waiting";
  imageId = null;
  key = randomKey();
  #final = false;

  constructor(file, { onRetry }) {
    this.file = file;
    const copy = document.getElementById("file-template").content.cloneNode(true);
    this.element = copy.firstElementChild;
    this.#find("[data-name]").textContent = file.name;
    this.#find("[data-bytes]").textContent = bytesInWords(file.size);
    this.#find("[data-retry]").addEventListener("click", () => onRetry(this));
    this.wait();
    document.getElementById("files").append(this.element);
  }

  get mayRetry() {
    return this.state === "refused" && !this.#final;
  }

  wait() {
    this.#enter("waiting", word("waiting"));
  }

  /** Show how much has been sent, as a fraction. */
  progress(fraction) {
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

  restart() {
    this.#enter("processing", word("image-queued"));
  }

  /** Show an image as the API describes it. */
  show(image) {
    this.imageId = image.id;
    if (image.status === "failed") this.#fail(image);
    else this.#enter(stateOf(image.status), word(`image-${image.status}`));
    this.#showStages(image.stages);
    this.#showThumbnail(image);
    const link = this.#find("[data-open]");
    link.href = `/images/${image.id}/`;
    link.hidden = false;
  }

  #fail(image) {
    const failed = image.stages.find((stage) => stage.status === "failed");
    this.refuse(failed?.error?.detail || word("failed"));
    this.say(word("image-failed"));
  }

  #enter(state, text) {
    this.state = state;
    this.element.dataset.state = state;
    this.say(text);
    this.#find("progress").hidden = state !== "sending";
    this.#find(".file__problem").hidden = state !== "refused";
    this.#find("[data-retry]").hidden = !this.mayRetry;
  }

  #showStages(stages) {
    this.#find(".chips").hidden = stages.length === 0;
    for (const chip of this.element.querySelectorAll("[data-stage]")) {
      const parts = stages.filter((stage) => stage.name === chip.dataset.stage);
      const done = parts.filter((stage) => SETTLED.has(stage.status)).length;
      showChip(chip, together(parts, done));
      if (parts.length > 1) chip.querySelector("[data-count]").textContent = `${done}/${parts.length}`;
    }
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

/** Return the one status that stands for all parts of a stage. */
function together(parts, done) {
  for (const status of ["failed", "cancelled", "running"]) {
    if (parts.some((stage) => stage.status === status)) return status;
  }
  if (parts.length && done === parts.length) return parts[0].status;
  return done ? "running" : "pending";
}

function showChip(chip, status) {
  chip.className = `status status--${status}`;
  const use = chip.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${status}`));
  chip.querySelector("[data-word]").textContent = `: ${word(`stage-${status}`)}`;
}

function thumbnailOf(variants) {
  const cut = variants.filter((variant) => variant.kind === "thumbnail");
  const width = Math.min(...cut.map((variant) => variant.width));
  const smallest = cut.filter((variant) => variant.width === width);
  const known = (variant) => THUMBNAIL_FORMATS.indexOf(variant.format);
  return smallest.sort((a, b) => known(a) - known(b))[0]?.url;
}

// `crypto.randomUUID` is there only under HTTPS and on localhost.
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
