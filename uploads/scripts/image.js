// The image page: regions follow the server while the image is active; a click sets the focal point.

import { IMAGES, requestHtml, requestJson } from "./shared/api.js";
import { Follower } from "./shared/live.js";
import { localiseTimes } from "./shared/times.js";
import { word } from "./shared/words.js";

// A picture that takes longer than this to arrive is shown as it loads.
const DECODE_MS = 2000;

const page = document.getElementById("image");
const id = page.dataset.id;
const shownHtml = new Map();

// --- Following ---------------------------------------------------------------------------------

const follower = new Follower({
  eventsOf: () => `${IMAGES}${id}/events/`,
  async look() {
    const html = await requestHtml(location.pathname);
    const fresh = new DOMParser().parseFromString(html, "text/html");
    // A question that is being asked is not pulled away; what it covers is looked at again.
    if (page.querySelector(":popover-open")) return false;
    for (const region of fresh.querySelectorAll("[data-live]")) await update(region);
    return !isActive();
  },
});

function isActive() {
  return document.getElementById("live-status").hasAttribute("data-active");
}

// The region itself stays, so that a screen reader goes on listening to it.
async function update(rendered) {
  const html = withoutTokens(rendered);
  const shown = document.getElementById(rendered.id);
  if (!shown || shownHtml.get(rendered.id) === html) return;
  shownHtml.set(rendered.id, html);
  const fresh = document.importNode(rendered, true);
  await decoded(fresh);
  localiseTimes(fresh);
  const place = focusables(shown).indexOf(document.activeElement);
  shown.replaceChildren(...fresh.childNodes);
  for (const name of ["hidden", "data-active"]) {
    shown.toggleAttribute(name, rendered.hasAttribute(name));
  }
  if (place >= 0) focusables(shown)[place]?.focus();
}

function focusables(region) {
  return [...region.querySelectorAll("a, button, [tabindex]")];
}

// Every rendering masks the CSRF token anew; that alone is no change.
function withoutTokens(region) {
  return region.outerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
}

// The old picture stays until the new one can take its place without a gap.
async function decoded(region) {
  const pictures = [...region.querySelectorAll("img")].map((picture) => {
    picture.loading = "eager";
    return picture.decode().catch(() => {});
  });
  const patience = new Promise((resolve) => setTimeout(resolve, DECODE_MS));
  if (pictures.length) await Promise.race([Promise.all(pictures), patience]);
}

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
