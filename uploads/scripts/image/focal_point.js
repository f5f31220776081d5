// The focal point: chosen on the picture or typed, shown in every crop, and then saved or given up.

import { IMAGES, requestJson } from "../shared/api.js";
import { word } from "../shared/words.js";
import { cropBox } from "./crop_box.js";
import { onUpdate } from "./regions.js";

const STEP_PERCENT = 1;
const FAR_PERCENT = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const form = document.getElementById("focal-form");
const state = document.getElementById("focal-state");
const cancel = document.getElementById("focal-cancel");

/** Let whoever may edit the image move its point; `saved` is called once it was. */
export function prepareFocalPoint(page, saved) {
  if (!form) return;
  const [x, y] = ["focal_x", "focal_y"].map((name) => form.elements[name]);
  let isDraft = false;

  const typed = () => ({ x: x.valueAsNumber, y: y.valueAsNumber });
  const fill = (point) => {
    x.value = rounded(point.x);
    y.value = rounded(point.y);
  };
  const draft = (point) => {
    fill(point);
    isDraft = true;
    state.textContent = word("draft");
    showTyped();
  };
  const showTyped = () => {
    cancel.disabled = !isDraft;
    makeMovable();
    if (!isDraft) show(savedPoint());
    else if (x.value && y.value && form.checkValidity()) show(fraction(typed()));
  };
  const settle = () => {
    isDraft = false;
    fill(percent(savedPoint()));
    showTyped();
  };

  listenToPicture(page, draft);
  page.addEventListener("keydown", (event) => {
    const arrow = event.target.id === "focal-mark" && ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const step = event.shiftKey ? FAR_PERCENT : STEP_PERCENT;
    const { x: left, y: top } = typed();
    draft({ x: (left || 0) + arrow[0] * step, y: (top || 0) + arrow[1] * step });
  });
  form.addEventListener("input", () => {
    isDraft = true;
    state.textContent = word("draft");
    showTyped();
  });
  cancel.addEventListener("click", () => {
    state.textContent = "";
    settle();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const automatic = event.submitter?.name === "automatic";
    const point = fraction(typed());
    state.textContent = word("saving");
    try {
      await save(page.dataset.id, automatic ? { source: "automatic" } : point);
      isDraft = false;
      cancel.disabled = true;
      state.textContent = word(automatic ? "automatic" : "saved");
      saved();
    } catch (problem) {
      state.textContent = problem.detail;
    }
  });
  onUpdate(() => (isDraft ? showTyped() : settle()));
  showTyped();
}

function save(id, focalPoint) {
  return requestJson(`${IMAGES}${id}/`, { method: "PATCH", body: { focal_point: focalPoint } });
}

// --- The picture -------------------------------------------------------------------------------

// A mouse drags anywhere; a finger that is not on the mark scrolls, and taps to choose.
function listenToPicture(page, draft) {
  let dragging = false;
  const choose = (event) => {
    const point = pointOf(event);
    if (point) draft(point);
  };
  page.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest("[data-pick]");
    const onMark = event.target.closest("#focal-mark");
    if (!frame || event.button !== 0 || (event.pointerType === "touch" && !onMark)) return;
    dragging = true;
    frame.setPointerCapture(event.pointerId);
    if (!onMark) choose(event);
  });
  page.addEventListener("pointermove", (event) => dragging && choose(event));
  for (const name of ["pointerup", "pointercancel"]) {
    page.addEventListener(name, () => (dragging = false));
  }
  page.addEventListener("click", (event) => {
    if (event.pointerType === "touch" && event.target.closest("[data-pick]")) choose(event);
  });
  page.addEventListener("dragstart", (event) => {
    if (event.target.closest("[data-pick]")) event.preventDefault();
  });
}

/** Return where in the picture an event happened, in per cent; the nearest edge beside it. */
function pointOf(event) {
  const mark = document.getElementById("focal-mark");
  if (!mark) return null;
  const { width, height } = mark.dataset;
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(
    mark.ownerSVGElement.getScreenCTM().inverse(),
  );
  return { x: (100 * point.x) / width, y: (100 * point.y) / height };
}

function rounded(percent) {
  return Math.min(100, Math.max(0, percent)).toFixed(1);
}

function percent({ x, y }) {
  return { x: 100 * x, y: 100 * y };
}

function fraction({ x, y }) {
  return { x: x / 100, y: y / 100 };
}

function savedPoint() {
  const { x, y } = document.getElementById("focal-saved").dataset;
  return { x: Number(x), y: Number(y) };
}

// --- Showing -----------------------------------------------------------------------------------

function show(point) {
  for (const crop of document.querySelectorAll(".crop")) {
    const { sourceWidth, sourceHeight, width, height } = crop.dataset;
    const source = { width: Number(sourceWidth), height: Number(sourceHeight) };
    const box = cropBox(source, { width: Number(width), height: Number(height) }, point);
    crop.setAttribute("viewBox", `${box.left} ${box.top} ${box.width} ${box.height}`);
  }
  const mark = document.getElementById("focal-mark");
  if (!mark) return;
  for (const circle of mark.children) {
    circle.setAttribute("cx", Math.round(point.x * mark.dataset.width));
    circle.setAttribute("cy", Math.round(point.y * mark.dataset.height));
  }
  const [x, y] = [rounded(100 * point.x), rounded(100 * point.y)];
  mark.setAttribute("aria-valuenow", x);
  mark.setAttribute("aria-valuetext", word("point", { x, y }));
}

// The mark comes from the server as a drawing: only with this script can it be moved.
function makeMovable() {
  const mark = document.getElementById("focal-mark");
  if (!mark || mark.hasAttribute("tabindex")) return;
  mark.ownerSVGElement.removeAttribute("aria-hidden");
  const attributes = { tabindex: 0, role: "slider", "aria-label": word("mark") };
  for (const [name, value] of Object.entries(attributes)) mark.setAttribute(name, value);
}
