// What every page does: local times and copy buttons.

import { localiseTimes } from "./shared/times.js";

const NOTICE_MS = 2000;

async function copy(button) {
  const text = document.getElementById(button.dataset.copy).textContent;
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else copyBySelection(text);
  const label = button.querySelector("span");
  button.dataset.label ??= label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => (label.textContent = button.dataset.label), NOTICE_MS);
}

// Without HTTPS a browser has no clipboard to offer.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
localiseTimes(document);
