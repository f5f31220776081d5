// Which images have changed, as the server tells it: one stream for all that a person sees, opened
// while something on the page is at work. Where none comes through, a clock stands in for it.

const STREAM = "/live/";
const POLL_MS = 2000;
const STREAM_ERRORS = 3;
// A stream may be open and yet held back by a proxy: every fifth tick counts all the same.
const DISTRUST = 5;

export class Changes {
  #stream = null;
  #isWanted = false;
  #isRefused = false;
  #errors = 0;
  #ticks = 0;

  /** @param tell `(ids)`: these images have changed; null means that any may have. */
  constructor(tell) {
    this.tell = tell;
    setInterval(() => this.#tick(), POLL_MS);
    document.addEventListener("visibilitychange", () => this.#arrange());
    // A page that comes back from the browser's cache has lost its stream.
    window.addEventListener("pageshow", () => this.#arrange());
  }

  /** Say whether anything on the page is still to change. */
  want(isWanted) {
    this.#isWanted = isWanted;
    this.#arrange();
  }

  #arrange() {
    if (this.#isWanted && !this.#isRefused && !document.hidden) this.#open();
    else this.#close();
  }

  #open() {
    if (this.#stream && this.#stream.readyState !== EventSource.CLOSED) return;
    this.#stream = new EventSource(STREAM);
    this.#stream.addEventListener("images", ({ data }) => this.tell(JSON.parse(data)));
    this.#stream.addEventListener("open", () => {
      this.#errors = 0;
    });
    this.#stream.addEventListener("error", () => this.#fallBack());
  }

  #close() {
    this.#stream?.close();
    this.#stream = null;
  }

  // A stream that broke off reconnects by itself, and is told what it has missed; one that is
  // refused is not asked for again.
  #fallBack() {
    this.#errors += 1;
    this.tell(null);
    if (this.#stream?.readyState !== EventSource.CLOSED && this.#errors <= STREAM_ERRORS) return;
    this.#isRefused = true;
    this.#close();
  }

  #tick() {
    if (!this.#isWanted) return;
    this.#ticks += 1;
    const isStreaming = this.#stream?.readyState === EventSource.OPEN;
    if (!isStreaming || this.#ticks % DISTRUST === 0) this.tell(null);
  }
}
