// The upload page: files come in, a few at a time go out, each has its row and comes alive in it.

import { IMAGES, TERMINAL, requestJson } from "./shared/api.js";
import { Follower } from "./shared/live.js";
import { bytesInWords, word } from "./shared/words.js";
import { offerCamera } from "./upload/camera.js";
import { Outbox } from "./upload/outbox.js";
import { FileRow, OFFERED } from "./upload/row.js";
import { Twins } from "./upload/twins.js";
import { openWaysIn } from "./upload/ways_in.js";

const form = document.getElementById("upload-form");
const summary = document.getElementById("summary");
const byId = (id) => document.getElementById(id);

let rows = [];
let leftOut = 0;
const byImage = new Map();
const twins = new Twins(form.dataset.known);

const follower = new Follower(async (id) => {
  const image = await requestJson(`${IMAGES}${id}/`);
  byImage.get(id).show(image);
  summarise();
  return TERMINAL.has(image.status);
});
const outbox = new Outbox({
  twinOf: (row) => twins.of(row),
  onArrival: follow,
  onChange: summarise,
});

function take(files, { leftOut: others = 0 } = {}) {
  leftOut += others;
  for (const file of files) {
    const row = new FileRow(file, { act, tags: form.elements.tags.value });
    rows.push(row);
    check(row);
  }
  byId("files-section").hidden = rows.length + leftOut === 0;
  summarise();
}

function check(row) {
  const limit = Number(form.dataset.maxBytes);
  if (row.file.size === 0) row.refuse(word("empty"), { final: true });
  else if (row.file.size > limit)
    row.refuse(word("too-large", { limit: bytesInWords(limit) }), { final: true });
  else outbox.add(row);
}

function follow(row, image) {
  byImage.set(image.id, row);
  row.show(image);
  row.details.attach(image);
  follower.follow(image.id);
}

// --- What people do with a row ------------------------------------------------------------------

const ACTS = {
  pause: (row) => outbox.pause(row),
  resume: (row) => outbox.add(row),
  retry,
  anyway(row) {
    row.mayBeTwin = false;
    outbox.add(row);
  },
  remove(row) {
    const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
    outbox.drop(row);
    row.element.remove();
    rows = rows.filter((other) => other !== row);
    byId("files-section").hidden = rows.length === 0;
    // Who works by keyboard stays in the list.
    (next?.querySelector(OFFERED) ?? form.elements.file).focus();
  },
};

function act(name, row) {
  ACTS[name](row);
  summarise();
}

// What never arrived is sent again, under the same key; what arrived and failed is done again.
async function retry(row) {
  if (!row.imageId) return outbox.add(row);
  await requestJson(`${IMAGES}${row.imageId}/reprocess/`, { method: "POST", body: {} })
    .then(() => row.restart(), (problem) => row.refuse(problem.detail));
  if (row.state !== "refused") follower.follow(row.imageId);
  return summarise();
}

// --- All rows together --------------------------------------------------------------------------

function inState(...states) {
  return rows.filter((row) => states.includes(row.state));
}

function summarise() {
  const refused = inState("refused", "twin").length;
  const counts = { ready: inState("ready").length, total: rows.length, refused, count: leftOut };
  const text = word(refused ? "summary-refused" : "summary", counts);
  const whole = leftOut ? `${text} ${word("left-out", counts)}` : text;
  if (summary.textContent !== whole) summary.textContent = whole;
  byId("retry-all").hidden = rows.filter((row) => row.mayRetry).length < 2;
  byId("pause-all").hidden = inState("waiting", "sending").length < 2;
  byId("resume-all").hidden = inState("paused").length < 2;
}

function forAll(button, choose, name) {
  byId(button).addEventListener("click", () => {
    for (const row of choose()) ACTS[name](row);
    byId("files-title").focus();
    summarise();
  });
}

// From the end, so that none of those that wait takes the place of one that stops.
forAll("pause-all", () => inState("waiting", "sending").reverse(), "pause");
forAll("resume-all", () => inState("paused"), "resume");
forAll("retry-all", () => rows.filter((row) => row.mayRetry), "retry");
openWaysIn({ form, dropzone: byId("dropzone"), take });
offerCamera({ button: byId("camera-button"), dialog: byId("camera"), take });
window.addEventListener("beforeunload", (event) => {
  if (inState("waiting", "sending", "paused").length) event.preventDefault();
});
