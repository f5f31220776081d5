// The files that are still to arrive: in turn, a few at once, paused and resumed by people.
//
// Uppy has only those that are under way, so that what is typed about a file while it waits goes
// along with it. Rows keep everything else.

import Uppy from "@uppy/core";

import { word } from "../shared/words.js";
import { AT_ONCE, imageOf, installTransport, problemOfUpload } from "./transport.js";

// A busy server names the pause it wants; after so many pauses a person decides.
const PATIENCE = 5;
const PAUSE_SECONDS = 10;
const PASSING = new Set(["throttled", "storage_unavailable"]);
// The file itself was refused: sending the same one again changes nothing.
const FINAL = new Set([400, 413, 415]);

export class Outbox {
  #uppy = new Uppy({ autoProceed: true, logger: quiet() });
  #waiting = [];
  // Rows that have one of the places for sending, each with a turn of its own: what still goes on
  // for an earlier turn, before a pause, has come to nothing.
  #placed = new Map();
  // Those of them that Uppy has, by its ids.
  #sent = new Map();

  /**
   * @param twinOf `async (row) => twin or null`: what there is of this content already.
   * @param onArrival `(row, image)`: the server has made an image of it.
   * @param onChange called when a row has changed its state, or a place was taken or left.
   */
  constructor({ twinOf, onArrival, onChange }) {
    Object.assign(this, { twinOf, onArrival, onChange });
    installTransport(this.#uppy);
    const rowOf = (file) => this.#sent.get(file?.id);
    this.#uppy.on("upload-progress", (file, { bytesUploaded, bytesTotal }) =>
      rowOf(file)?.progress(bytesTotal ? bytesUploaded / bytesTotal : 0),
    );
    this.#uppy.on("upload-stalled", (_, files) =>
      files.forEach((file) => rowOf(file)?.say(word("stalled"))),
    );
    this.#uppy.on("upload-success", (file, response) => this.#arrived(rowOf(file), response));
    this.#uppy.on("upload-error", (file, _, response) => this.#failed(rowOf(file), response));
  }

  add(row) {
    row.wait();
    this.#waiting.push(row);
    this.#startNext();
  }

  /** Stop sending a row, or let it wait without a turn. */
  pause(row) {
    row.pause();
    this.drop(row);
  }

  drop(row) {
    this.#waiting = this.#waiting.filter((other) => other !== row);
    this.#leave(row);
  }

  #startNext() {
    while (this.#placed.size < AT_ONCE && this.#waiting.length) this.#start(this.#waiting.shift());
    this.onChange();
  }

  async #start(row) {
    const turn = Symbol(row.name);
    this.#placed.set(row, turn);
    const twin = row.mayBeTwin ? await this.twinOf(row) : null;
    if (this.#placed.get(row) !== turn) return;
    if (twin) {
      row.showTwin(twin);
      this.#leave(row);
    } else {
      this.#send(row);
    }
  }

  #send(row) {
    row.progress(0);
    const { name, type } = row.file;
    // The path tells files apart that are alike in all else.
    const meta = { ...row.described(), key: row.key, relativePath: row.key };
    this.#sent.set(this.#uppy.addFile({ name, type, data: row.file, meta }), row);
  }

  #arrived(row, response) {
    if (!row) return;
    this.onArrival(row, imageOf(response));
    this.#leave(row);
  }

  #failed(row, response) {
    if (!row) return;
    const problem = problemOfUpload(response);
    this.#forget(row);
    if (PASSING.has(problem.code) && row.pauses < PATIENCE) {
      this.#sendLater(row, problem.retryAfterSeconds || PAUSE_SECONDS);
    } else {
      row.refuse(problem.detail, { final: FINAL.has(problem.status) });
      this.#leave(row);
    }
  }

  // It keeps its place meanwhile: a server that is busy is not asked by others instead.
  async #sendLater(row, seconds) {
    const turn = this.#placed.get(row);
    row.pauses += 1;
    for (let left = seconds; left > 0 && this.#placed.get(row) === turn; left -= 1) {
      row.say(word("later", { seconds: left }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    if (this.#placed.get(row) === turn) this.#send(row);
  }

  #leave(row) {
    this.#forget(row);
    this.#placed.delete(row);
    this.#startNext();
  }

  #forget(row) {
    for (const [id, sent] of this.#sent) {
      if (sent !== row) continue;
      this.#sent.delete(id);
      // Stops it, if it is still under way.
      this.#uppy.removeFile(id);
    }
  }
}

// Every refusal stands in words beside its file; the console needs no second one.
function quiet() {
  const nothing = () => {};
  return { debug: nothing, warn: nothing, error: nothing };
}
