// One look at a time. Changes come in bursts: one look answers for all that came meanwhile, and what
// comes during a look is looked at after it.

const BURST_MS = 250;

export class Look {
  #timer = 0;
  #isBusy = false;
  #isDue = false;

  /** @param act `async ()`: when it throws, that is the end of this look, and others may come. */
  constructor(act) {
    this.act = act;
  }

  soon() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#now();
    }, BURST_MS);
  }

  async #now() {
    this.#isDue = this.#isBusy;
    if (this.#isBusy) return;
    this.#isBusy = true;
    await this.act().catch(() => {});
    this.#isBusy = false;
    if (this.#isDue) this.soon();
  }
}
