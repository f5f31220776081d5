// What is done to the selected pictures is done without leaving the page; a deletion can be undone.

import { csrfToken } from "../shared/api.js";
import { word } from "../shared/words.js";
import { follow } from "./following.js";
import { clearSelection, selected, unselect } from "./selection.js";

const outcome = document.getElementById("outcome");
// Cards of deleted pictures, and where they stood.
const removed = new Map();

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("[data-bulk]") || submitter?.matches("[data-plain]")) return;
  event.preventDefault();
  send(form, submitter);
});

document.querySelector("#bulk [data-plain]").addEventListener("click", () => {
  document.getElementById("bulk-download").hidePopover();
});

document.getElementById("bulk").addEventListener("formdata", ({ formData }) => {
  // Also those whose cards another list shows by now.
  formData.delete("id");
  for (const id of selected()) formData.append("id", id);
});

async function send(form, submitter) {
  const body = new FormData(form, submitter);
  document.querySelector(":popover-open")?.hidePopover();
  outcome.replaceChildren();
  submitter.disabled = true;
  try {
    const headers = { "HX-Request": "true", "X-CSRFToken": csrfToken() };
    // Its property is what is named so in it: a button.
    const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers });
    if (![200, 400].includes(response.status) || response.redirected) throw new Error();
    show(await response.text());
  } catch {
    outcome.textContent = word("bulk-failed");
  } finally {
    submitter.disabled = false;
  }
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  outcome.replaceChildren(...[...fresh.children].map((each) => document.adoptNode(each)));
  const told = outcome.querySelector("[data-action]");
  if (!told) return;
  const done = told.dataset.done.split(" ").filter(Boolean);
  const { action } = told.dataset;
  if (action === "delete") done.forEach(remove);
  if (action === "restore") [...removed.keys()].reverse().filter((id) => done.includes(id)).forEach(putBack);
  if (action === "reprocess" || action === "retry" || action === "restore") follow(done);
  if (action === "delete") unselect(done);
  else if (action !== "restore") clearSelection();
  outcome.querySelector("button")?.focus({ preventScroll: true });
}

function remove(id) {
  const card = document.getElementById(`card-${id}`);
  if (!card) return;
  removed.set(id, { card, next: card.nextElementSibling?.id, grid: card.parentElement });
  card.remove();
}

function putBack(id) {
  const { card, next, grid } = removed.get(id);
  removed.delete(id);
  // The list may have been another one's meanwhile.
  if (grid.isConnected) grid.insertBefore(card, document.getElementById(next));
}
