// What every page does: local times and copy buttons.

const NOTICE_MS = 2000;

/** Show the times below `root` in the reader's zone and manner. */
export function localiseTimes(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  for (const element of root.querySelectorAll("time[data-local]")) {
    element.title = element.dateTime;
    element.textContent = format.format(new Date(element.dateTime));
  }
}

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
