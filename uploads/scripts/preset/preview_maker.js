// Previews, one after the other: while one is made, only the latest wish behind it is kept.

import { word } from "../shared/words.js";

export class PreviewMaker {
  #timer = 0;
  #busy = false;
  #again = false;

  /** `form` has the settings, `region` shows the preview, `state` tells what goes on. */
  constructor({ form, region, state }) {
    Object.assign(this, { form, region, state });
  }

  /** Make a preview after so long a time without another wish. */
  soon(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#make(), milliseconds);
  }

  say(words) {
    this.state.textContent = words;
  }

  async #make() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.region.setAttribute("aria-busy", "true");
    this.say(word("making"));
    try {
      await this.#ask();
    } catch {
      this.say(word("lost"));
    }
    this.#busy = false;
    this.region.removeAttribute("aria-busy");
    if (this.#again) this.soon(0);
    this.#again = false;
  }

  async #ask() {
    const response = await fetch(this.form.dataset.preview, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "text/html" },
      body: new URLSearchParams(new FormData(this.form)),
    });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const result = fresh.querySelector(".result");
    if (response.redirected) this.say(word("signed-out"));
    else if (!result) this.say(word("unexpected", { status: response.status }));
    else if (response.status === 429) this.#wait(response, result);
    else this.#show(document.importNode(result, true));
  }

  // Whose turn it is, is told in a line; the last preview stays in view meanwhile.
  #wait(response, result) {
    this.say(result.dataset.summary);
    this.soon(1000 * Number(response.headers.get("Retry-After") || 1));
  }

  #show(result) {
    const shown = this.region.querySelector("input[name=shown]:checked")?.value;
    const actual = this.region.querySelector("#actual-pixels")?.checked ?? false;
    const format = result.querySelector(`input[name=shown][value="${shown}"]`);
    // What somebody was looking at, and how, they go on looking at.
    if (format && this.region.dataset.chosen) format.checked = true;
    const box = result.querySelector("#actual-pixels");
    if (box) box.checked = actual;
    this.region.replaceChildren(result);
    for (const radio of result.querySelectorAll("input[name=shown]")) {
      radio.addEventListener("change", () => (this.region.dataset.chosen = "yes"));
    }
    this.say(result.querySelector("img") ? result.dataset.summary : "");
    if (!result.querySelector("img")) this.region.setAttribute("role", "alert");
    else this.region.removeAttribute("role");
  }
}
