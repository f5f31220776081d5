// Following images until they are settled, with one connection and few requests.

import { Changes } from "./changes.js";

// Where nobody says which images have changed, so many are looked at: the oldest, as they are the
// next to change.
const GUESSED = 4;
// Changes come in bursts: one look answers for all that came meanwhile.
const BURST_MS = 250;

export class Follower {
  #entries = new Map();
  #changes = new Changes((ids) => this.#onChanges(ids));

  /**
   * @param look `async (id) => settled`: shows how an image is now; when it throws, it is called
   *   again later.
   */
  constructor(look) {
    this.look = look;
  }

  follow(id) {
    if (this.#entries.has(id)) return;
    this.#entries.set(id, { timer: 0, busy: false, again: false });
    this.#changes.want(true);
    this.#lookSoon(id);
  }

  #onChanges(ids) {
    for (const id of ids ?? [...this.#entries.keys()].slice(0, GUESSED)) this.#lookSoon(id);
  }

  #lookSoon(id) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.timer ||= setTimeout(() => {
      entry.timer = 0;
      this.#lookNow(id, entry);
    }, BURST_MS);
  }

  async #lookNow(id, entry) {
    if (entry.busy) {
      entry.again = true;
      return;
    }
    Object.assign(entry, { busy: true, again: false });
    const settled = await this.look(id).catch(() => false);
    entry.busy = false;
    if (settled) this.#forget(id);
    else if (entry.again) this.#lookSoon(id);
  }

  #forget(id) {
    this.#entries.delete(id);
    this.#changes.want(this.#entries.size > 0);
  }
}
