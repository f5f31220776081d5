// What every page does: local times and copy buttons.

import { localiseTimes } from "./shared/times.js";

const NOTICE_MS = 2000;

async function copy(button) {
  const { copy: source, text = document.getElementById(source).textContent } = button.dataset;
  const copied = await write(text);
  const { done, said = done, failed = done } = button.dataset;
  const label = button.querySelector("span");
  button.dataset.label ??= label.textContent;
  label.textContent = copied ? done : failed;
  setTimeout(() => (label.textContent = button.dataset.label), NOTICE_MS);
  const heard = document.getElementById("copied");
  if (heard) heard.textContent = copied ? said : failed;
}

async function write(text) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyBySelection(text);
    return true;
  } catch {
    // The browser, or the person whom it has asked, does not allow it.
    return false;
  }
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
  const button = event.target.closest("[data-copy], [data-text]");
  if (button) copy(button);
});
localiseTimes(document);
