// Following images until they are settled, with one connection and few requests.

import { Changes } from "./changes.js";
import { Look } from "./look.js";

// Where nobody says which images have changed, so many are looked at: the oldest, as they are the
// next to change.
const GUESSED = 4;

export class Follower {
  #looks = new Map();
  #changes = new Changes((ids) => this.#onChanges(ids));

  /**
   * @param look `async (id) => settled`: shows how an image is now; when it throws, it is called
   *   again later.
   */
  constructor(look) {
    this.look = look;
  }

  follow(id) {
    if (this.#looks.has(id)) return;
    this.#looks.set(id, new Look(() => this.#lookAt(id)));
    this.#changes.want(true);
    this.#looks.get(id).soon();
  }

  #onChanges(ids) {
    for (const id of ids ?? [...this.#looks.keys()].slice(0, GUESSED)) this.#looks.get(id)?.soon();
  }

  async #lookAt(id) {
    // One more may be due of an image that was settled meanwhile.
    if (!this.#looks.has(id) || !(await this.look(id))) return;
    this.#looks.delete(id);
    this.#changes.want(this.#looks.size > 0);
  }
}
