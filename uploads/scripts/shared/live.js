// Following images until they are settled, with few connections and few requests.
//
// HTTP/1.1 gives a page about six connections to a host. The oldest images, which are the next to
// change, get an event stream; those behind them are asked for every two seconds; the rest wait.

const POLL_MS = 2000;
const POLLED = 4;
const MOST_STREAMS = 4;
// Events come in bursts: one look answers for all that came meanwhile.
const BURST_MS = 250;
const STREAM_ERRORS = 3;
// A stream may be open and yet held back by a proxy: every fifth poll looks all the same.
const DISTRUST = 5;

export class Follower {
  #entries = new Map();
  #streams = MOST_STREAMS;
  #polls = 0;

  /**
   * @param look `async (id) => settled`: shows how an image is now; when it throws, it is called
   *   again later.
   * @param eventsOf `(id) => url` of the image's event stream.
   */
  constructor({ look, eventsOf }) {
    Object.assign(this, { look, eventsOf });
    setInterval(() => this.#poll(), POLL_MS);
    document.addEventListener("visibilitychange", () => this.#arrange());
    // A page that comes back from the browser's cache has lost its streams.
    window.addEventListener("pageshow", () => this.#arrange());
  }

  follow(id) {
    if (this.#entries.has(id)) return;
    const entry = { stream: null, errors: 0, polled: false, timer: 0, busy: false, again: false };
    this.#entries.set(id, entry);
    this.#arrange();
    this.#lookSoon(id);
  }

  /** Leave room for other connections: hold at most `streams` open. */
  allow(streams) {
    this.#streams = Math.max(0, Math.min(streams, MOST_STREAMS));
    this.#arrange();
  }

  #arrange() {
    const mayStream = document.hidden ? 0 : this.#streams;
    [...this.#entries].forEach(([id, entry], place) => {
      if (place < mayStream && !entry.polled) this.#open(id, entry);
      else this.#close(entry);
    });
  }

  #open(id, entry) {
    if (entry.stream && entry.stream.readyState !== EventSource.CLOSED) return;
    entry.stream = new EventSource(this.eventsOf(id));
    for (const kind of ["stage", "image", "message"]) {
      entry.stream.addEventListener(kind, () => this.#lookSoon(id));
    }
    entry.stream.addEventListener("open", () => {
      entry.errors = 0;
      this.#lookSoon(id);
    });
    entry.stream.addEventListener("error", () => this.#fallBack(id, entry));
  }

  #close(entry) {
    entry.stream?.close();
    entry.stream = null;
  }

  // A stream that broke off reconnects by itself; one that is refused, or has nothing left to
  // tell, is not asked again.
  #fallBack(id, entry) {
    entry.errors += 1;
    this.#lookSoon(id);
    if (entry.stream?.readyState !== EventSource.CLOSED && entry.errors <= STREAM_ERRORS) return;
    entry.polled = true;
    this.#close(entry);
  }

  #poll() {
    this.#polls += 1;
    const distrust = this.#polls % DISTRUST === 0;
    const waiting = [...this.#entries].filter(([, entry]) => distrust || !isStreaming(entry));
    for (const [id] of waiting.slice(0, POLLED)) this.#lookSoon(id);
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
    if (settled) this.#forget(id, entry);
    else if (entry.again) this.#lookSoon(id);
  }

  #forget(id, entry) {
    this.#close(entry);
    this.#entries.delete(id);
    this.#arrange();
  }
}

function isStreaming(entry) {
  return entry.stream?.readyState === EventSource.OPEN;
}
