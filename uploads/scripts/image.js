// The image page: regions follow the server while the image is active; a click sets the focal point.

import { IMAGES, requestJson } from "./shared/api.js";
import { Follower } from "./shared/live.js";
import { word } from "./shared/words.js";
import { prepareComparison } from "./image/compare.js";
import { refresh } from "./image/regions.js";

const page = document.getElementById("image");
const id = page.dataset.id;

const follower = new Follower({
  eventsOf: () => `${IMAGES}${id}/events/`,
  look: async () => (await refresh(page)) && !isActive(),
});

function isActive() {
  return document.getElementById("live-status").hasAttribute("data-active");
}

prepareComparison();

// --- Focal point -------------------------------------------------------------------------------

const state = document.getElementById("focal-state");

/** Return where in the picture an event happened, as fractions; null beside it. */
function pointOf(event) {
  const mark = document.getElementById("focal-mark");
  const { width, height } = mark.dataset;
  const point = new DOMPoint(event.clientX, event.clientY)
    .matrixTransform(mark.ownerSVGElement.getScreenCTM().inverse());
  const [x, y] = [point.x / width, point.y / height];
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
}

function showPoint({ x, y }) {
  const mark = document.getElementById("focal-mark");
  for (const circle of mark.children) {
    circle.setAttribute("cx", Math.round(x * mark.dataset.width));
    circle.setAttribute("cy", Math.round(y * mark.dataset.height));
  }
}

function fillInputs({ x, y }) {
  for (const [name, fraction] of [["focal_x", x], ["focal_y", y]]) {
    document.getElementsByName(name)[0].value = (100 * fraction).toFixed(1);
  }
}

function typedPoint() {
  const [x, y] = ["focal_x", "focal_y"].map((name) => document.getElementsByName(name)[0]);
  if (!x.value || !y.value || !x.validity.valid || !y.validity.valid) return null;
  return { x: x.valueAsNumber / 100, y: y.valueAsNumber / 100 };
}

async function savePoint(point) {
  state.textContent = word("saving");
  try {
    await requestJson(`${IMAGES}${id}/`, { method: "PATCH", body: { focal_point: point } });
    state.textContent = word("saved");
    follower.follow(id);
  } catch (problem) {
    state.textContent = problem.detail;
  }
}

page.addEventListener("click", (event) => {
  if (!event.target.closest("[data-pick]")) return;
  const point = pointOf(event);
  if (!point) return;
  showPoint(point);
  fillInputs(point);
  savePoint(point);
});
page.addEventListener("input", (event) => {
  if (!event.target.name?.startsWith("focal_")) return;
  const point = typedPoint();
  if (point && document.getElementById("focal-mark")) showPoint(point);
});

if (isActive()) follower.follow(id);
