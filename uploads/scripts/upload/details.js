// Title, alt text and tags of one file, typed while it waits or while its stages are done.

import { IMAGES, requestJson } from "../shared/api.js";
import { word } from "../shared/words.js";

export class Details {
  #imageId = null;

  /** @param element has fields named title, alt_text and tags, and a place for words. */
  constructor(element, { tags }) {
    this.element = element;
    this.#field("tags").value = tags;
    element.addEventListener("change", () => this.#save());
  }

  /** What was typed, as the API takes it. */
  get typed() {
    return {
      title: this.#field("title").value.trim(),
      alt_text: this.#field("alt_text").value.trim(),
      tags: tagsOf(this.#field("tags").value),
    };
  }

  /** Belong to an image from now on; what was typed while it was on its way is made good. */
  attach(image) {
    this.#imageId = image.id;
    if (!isSame(this.typed, image)) this.#save();
  }

  async #save() {
    if (!this.#imageId) return;
    this.#say(word("saving"));
    const saved = requestJson(`${IMAGES}${this.#imageId}/`, { method: "PATCH", body: this.typed });
    await saved.then(() => this.#say(word("saved")), (problem) => this.#say(problem.detail));
  }

  #say(text) {
    this.element.querySelector("[data-saved]").textContent = text;
  }

  #field(name) {
    return this.element.querySelector(`[name="${name}"]`);
  }
}

function tagsOf(text) {
  const tags = text.split(",").map((tag) => tag.trim().replace(/\s+/g, " "));
  return [...new Set(tags.filter(Boolean))];
}

function isSame(typed, image) {
  const words = ({ title, alt_text, tags }) => JSON.stringify([title, alt_text, [...tags].sort()]);
  return words(typed) === words(image);
}
