// Two files of a picture in one stage, parted by a slider and moved as one.

import { word } from "../shared/words.js";
import { listen, zoomIn, zoomOut } from "./gestures.js";
import { onUpdate } from "./regions.js";
import { Viewport } from "./viewport.js";

// From here on pixels are shown as what they are: squares.
const PIXELATED_ZOOM = 3;
const GRID_ZOOM = 8;
const ORIGINAL = "original";
const SIDES = ["left", "right"];

const panel = document.getElementById("compare");
const stage = document.getElementById("compare-stage");
const split = document.getElementById("compare-split");
const grid = document.getElementById("compare-grid");
const state = document.getElementById("compare-state");
const viewport = new Viewport();
// What somebody chose, by side; it outlives a rendering of the choices.
const chosen = {};
// The address and the picture that each side shows.
const shown = {};

/** Begin once the stage is near: what nobody looks at is not loaded. */
export function prepareComparison() {
  listen(stage, viewport, place);
  listenToButtons();
  split.addEventListener("input", showSplit);
  panel.addEventListener("change", (event) => {
    const side = SIDES.find((name) => event.target.id === `compare-${name}`);
    if (!side) return;
    chosen[side] = event.target.value;
    arrange();
  });
  showSplit();
  let near = false;
  new IntersectionObserver(([entry], observer) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    near = true;
    arrange();
  }, { rootMargin: "200px" }).observe(stage);
  new ResizeObserver(() => {
    viewport.setStage(stage.clientWidth, stage.clientHeight);
    place();
  }).observe(stage);
  onUpdate(() => {
    panel.hidden = !choice("left");
    restoreChoices();
    if (near) arrange();
  });
}

function listenToButtons() {
  const acts = {
    "compare-in": () => zoomIn(viewport),
    "compare-out": () => zoomOut(viewport),
    "compare-fit": () => viewport.fit(),
    "compare-pixels": () => viewport.zoomTo(1),
  };
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.split) {
      split.value = button.dataset.split;
      showSplit();
    } else if (acts[button.id]) {
      acts[button.id]();
      place();
    }
  });
}

// --- What is chosen ----------------------------------------------------------------------------

function choice(side) {
  return document.getElementById(`compare-${side}`)?.selectedOptions[0];
}

function restoreChoices() {
  for (const side of SIDES) {
    const select = document.getElementById(`compare-${side}`);
    const still = select && [...select.options].some((option) => option.value === chosen[side]);
    if (still) select.value = chosen[side];
  }
}

// --- Loading -----------------------------------------------------------------------------------

async function arrange() {
  const options = SIDES.map(choice);
  if (!options[0]) return;
  showFacts(options);
  const frame = frameOf(options);
  const late = setTimeout(() => (state.textContent = word("loading")), 200);
  const pictures = await Promise.all(options.map((option) => load(option.dataset.url)));
  clearTimeout(late);
  // Somebody has chosen something else meanwhile.
  if (SIDES.some((side, index) => choice(side) !== options[index])) return;
  viewport.setFrame(frame.width, frame.height);
  SIDES.forEach((side, index) => {
    const element = pictures[index] && drawn(pictures[index], options[index], frame);
    sideOf(side).replaceChildren(...(element ? [element] : []));
  });
  const failed = options.filter((option, index) => !pictures[index]);
  state.textContent = failed.map((option) => word("not-shown", { name: option.text })).join(" ");
  place();
}

/** Return the size at which both are laid upon each other: an original takes the variant's. */
function frameOf(options) {
  const variants = options.filter((option) => option.value !== ORIGINAL);
  const sizes = (variants.length ? variants : options).map(({ dataset }) => ({
    width: Number(dataset.width),
    height: Number(dataset.height),
  }));
  return sizes.reduce((one, other) => (other.width > one.width ? other : one));
}

async function load(url) {
  if (shown[url]) return shown[url];
  const picture = new Image();
  picture.alt = "";
  picture.draggable = false;
  picture.src = url;
  try {
    await picture.decode();
  } catch {
    return null;
  }
  return (shown[url] = picture);
}

// An original is drawn at the variant's size, so that pixels are compared with pixels; one that
// moves would stand still then.
function drawn(picture, option, frame) {
  if (option.value !== ORIGINAL || "moves" in option.dataset || picture.naturalWidth <= frame.width) {
    return picture.cloneNode();
  }
  const canvas = document.createElement("canvas");
  Object.assign(canvas, frame);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, frame.width, frame.height);
  return canvas;
}

// --- Showing -----------------------------------------------------------------------------------

function sideOf(side) {
  return stage.querySelector(`[data-side="${side}"]`);
}

function showFacts(options) {
  SIDES.forEach((side, index) => {
    panel.querySelector(`[data-facts="${side}"]`).textContent = options[index].dataset.facts;
  });
}

function showSplit() {
  stage.style.setProperty("--split", `${split.value}%`);
  split.setAttribute("aria-valuetext", word("split", { percent: split.value }));
}

/** Lay both pictures and the grid where the viewport says. */
function place() {
  const { zoom, frame, offset } = viewport;
  for (const element of stage.querySelectorAll(".compare__side > *")) {
    Object.assign(element.style, {
      width: `${frame.width}px`,
      height: `${frame.height}px`,
      transform: `translate(${offset.x}px, ${offset.y}px) scale(${zoom})`,
    });
  }
  stage.toggleAttribute("data-pixelated", zoom >= PIXELATED_ZOOM);
  stage.toggleAttribute("data-fitted", viewport.isFitted);
  grid.hidden = zoom < GRID_ZOOM;
  Object.assign(grid.style, {
    left: `${offset.x}px`,
    top: `${offset.y}px`,
    width: `${frame.width * zoom}px`,
    height: `${frame.height * zoom}px`,
    backgroundSize: `${zoom}px ${zoom}px`,
  });
  const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  document.getElementById("compare-zoom").textContent = percent.format(zoom);
}
