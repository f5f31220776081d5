// The upload page: files come in by drop or choice, three at a time go out, each has its row.

import { IMAGES, TERMINAL, requestJson } from "./api.js";
import { Follower } from "./live.js";
import { FileRow } from "./upload_row.js";
import { send } from "./upload_transport.js";
import { bytesInWords, word } from "./words.js";

const AT_ONCE = 3;
// Uploads, event streams and one request beside them: what a browser allows to a host.
const CONNECTIONS = 5;
// The file itself was refused: sending the same one again changes nothing.
const FINAL = new Set([400, 413, 415]);

const form = document.getElementById("upload-form");
const dropzone = document.getElementById("dropzone");
const input = form.querySelector('input[type="file"]');
const summary = document.getElementById("summary");
const retryAll = document.getElementById("retry-all");

const rows = [];
const byImage = new Map();
const waiting = [];
let sending = 0;

const follower = new Follower({
  eventsOf: (id) => `${IMAGES}${id}/events/`,
  async look(id) {
    const image = await requestJson(`${IMAGES}${id}/`);
    for (const row of byImage.get(id)) row.show(image);
    summarise();
    return TERMINAL.has(image.status);
  },
});

function take(files) {
  for (const file of files) {
    const row = new FileRow(file, { onRetry: retry });
    rows.push(row);
    check(row);
  }
  document.getElementById("files-section").hidden = rows.length === 0;
  summarise();
  startSending();
}

function check(row) {
  const limit = Number(form.dataset.maxBytes);
  if (row.file.size === 0) row.refuse(word("empty"), { final: true });
  else if (row.file.size > limit)
    row.refuse(word("too-large", { limit: bytesInWords(limit) }), { final: true });
  else waiting.push(row);
}

function startSending() {
  while (sending < AT_ONCE && waiting.length) sendOne(waiting.shift());
  follower.allow(CONNECTIONS - sending);
}

async function sendOne(row) {
  sending += 1;
  try {
    const image = await send(row, { tags: form.elements.tags.value });
    row.show(image);
    byImage.set(image.id, [...(byImage.get(image.id) ?? []), row]);
    follower.follow(image.id);
  } catch (problem) {
    row.refuse(problem.detail, { final: FINAL.has(problem.status) });
  }
  sending -= 1;
  summarise();
  startSending();
}

// What never arrived is sent again, under the same key; what arrived and failed is done again.
async function retry(row) {
  if (row.imageId) {
    await requestJson(`${IMAGES}${row.imageId}/reprocess/`, { method: "POST", body: {} })
      .then(() => row.restart(), (problem) => row.refuse(problem.detail));
    if (row.state !== "refused") follower.follow(row.imageId);
  } else {
    row.wait();
    waiting.push(row);
    startSending();
  }
  summarise();
}

function summarise() {
  const ready = rows.filter((row) => row.state === "ready").length;
  const refused = rows.filter((row) => row.state === "refused").length;
  const text = word(refused ? "summary-refused" : "summary", { ready, total: rows.length, refused });
  if (summary.textContent !== text) summary.textContent = text;
  retryAll.hidden = rows.filter((row) => row.mayRetry).length < 2;
}

// --- Ways in -----------------------------------------------------------------------------------

input.multiple = true;
input.required = false;
input.addEventListener("change", () => {
  take(input.files);
  input.value = "";
});
form.addEventListener("submit", (event) => event.preventDefault());
retryAll.addEventListener("click", () => rows.filter((row) => row.mayRetry).forEach(retry));

// The whole page takes a drop: a picture that missed the zone must not replace the page.
let depth = 0;
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

function mark(change) {
  depth = Math.max(0, depth + change);
  dropzone.classList.toggle("dropzone--over", depth > 0);
}

document.addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
document.addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  mark(-depth);
  take(event.dataTransfer.files);
});

window.addEventListener("beforeunload", (event) => {
  if (sending) event.preventDefault();
});
