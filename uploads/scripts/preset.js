// The page of a preset: a preview follows what is typed, and pictures for it are found by words.

import { PreviewMaker } from "./preset/preview_maker.js";
import { requestHtml } from "./shared/api.js";

// As long as somebody goes on typing.
const TYPING_MS = 600;
const SEARCH_MS = 300;

const form = document.getElementById("preset-form");
const search = document.getElementById("picture-search");
const pictures = document.getElementById("pictures");

const maker = new PreviewMaker({
  form,
  region: document.getElementById("preview"),
  state: document.getElementById("preview-state"),
});

// Pictures stand beside the form and belong to it.
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.form === form) maker.soon(TYPING_MS);
  });
}

// --- Finding a picture ---------------------------------------------------------------------------

let asked = 0;
let timer = 0;

const chosen = () => new FormData(form).get("image") ?? "";

async function find() {
  const mine = ++asked;
  const image = chosen();
  const query = new URLSearchParams({ q: search.elements.q.value, image });
  try {
    const html = await requestHtml(`${search.dataset.pictures}?${query}`);
    // An answer that comes late does not replace that to a later question.
    if (mine !== asked) return;
    // Nor does it take away what was chosen while it was on its way.
    if (chosen() === image) show(html);
    else find();
  } catch (problem) {
    maker.say(problem.detail);
  }
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  pictures.replaceChildren(...document.importNode(fresh.body, true).childNodes);
}

search?.addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});
search?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(find, SEARCH_MS);
});

if (pictures?.querySelector("input") && !document.querySelector(".result")) maker.soon(0);
