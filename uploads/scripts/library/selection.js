// Selecting pictures: a click on a box, shift for all from the last one on, and by keyboard the space
// bar, arrows (with shift), Ctrl+A and Escape. How many are selected is said by a status region.

import { word } from "../shared/words.js";
import { onCards } from "./cards.js";

const chosen = new Set();
let anchor = null;
let isShifted = false;

const form = document.getElementById("bulk");
const cards = () => [...document.querySelectorAll(".grid > .card")];
const boxOf = (card) => card.querySelector(".card__check input");
const linkOf = (card) => card.querySelector(".card__name");

export const selected = () => [...chosen];

export function clearSelection() {
  chosen.clear();
  anchor = null;
  show();
}

/** Take cards that are gone out of the selection. */
export function unselect(ids) {
  for (const id of ids) chosen.delete(id);
  show();
}

function show() {
  for (const card of cards()) mark(card);
  const count = chosen.size;
  form.toggleAttribute("data-used", count > 0);
  const words = word(count === 1 ? "selected-one" : "selected", { count });
  document.getElementById("selected").textContent = count ? words : word("selected-none");
  document.querySelector(".grid")?.toggleAttribute("data-selecting", count > 0);
}

function mark(card) {
  const box = boxOf(card);
  box.checked = chosen.has(box.value);
  card.toggleAttribute("data-selected", box.checked);
}

function set(card, isChosen) {
  const id = boxOf(card).value;
  if (isChosen) chosen.add(id);
  else chosen.delete(id);
}

function toggle(card, isChosen) {
  set(card, isChosen);
  anchor = card.id;
  show();
}

function extendTo(card) {
  const all = cards();
  const from = all.findIndex((each) => each.id === anchor);
  const to = all.indexOf(card);
  if (from < 0) return toggle(card, true);
  for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) set(each, true);
  show();
}

// --- Pointer --------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  isShifted = event.shiftKey;
  const link = event.target.closest?.(".card__name");
  if (!link || !event.shiftKey) return;
  // Instead of a new window.
  event.preventDefault();
  extendTo(link.closest(".card"));
}, true);

document.addEventListener("change", ({ target }) => {
  if (!target.matches?.(".card__check input")) return;
  const card = target.closest(".card");
  if (isShifted && anchor) extendTo(card);
  else toggle(card, target.checked);
});

document.getElementById("select-none").addEventListener("click", clearSelection);

// --- Keyboard -------------------------------------------------------------------------------------

const STEPS = { ArrowLeft: before, ArrowRight: after, ArrowUp: above, ArrowDown: below };

document.addEventListener("keydown", (event) => {
  if (document.querySelector(":popover-open")) return;
  const card = event.target.closest?.(".card");
  const isElsewhere = !card && event.target !== document.body && event.target.id !== "main";
  if (event.key === "Escape" && chosen.size && !event.target.matches("input[type=search]")) {
    clearSelection();
  } else if (event.key === "a" && (event.ctrlKey || event.metaKey) && !isElsewhere) {
    for (const each of cards()) set(each, true);
    show();
  } else if (card && event.key === " " && event.target === linkOf(card)) {
    if (event.shiftKey) extendTo(card);
    else toggle(card, !chosen.has(boxOf(card).value));
  } else if (card && event.key in STEPS && !event.ctrlKey && !event.metaKey && !event.altKey) {
    move(card, STEPS[event.key](card), event);
  } else {
    return;
  }
  event.preventDefault();
});

function move(from, to, { shiftKey, target }) {
  if (!to) return;
  if (shiftKey) {
    if (anchor === null) toggle(from, true);
    extendTo(to);
  }
  const next = target.matches(".card__check input") ? boxOf(to) : linkOf(to);
  next.focus();
  to.scrollIntoView({ block: "nearest" });
}

function before(card) {
  return card.previousElementSibling;
}

function after(card) {
  return card.nextElementSibling;
}

function above(card) {
  return nearestIn(card, cards().reverse(), (top, own) => top < own - 1);
}

function below(card) {
  return nearestIn(card, cards(), (top, own) => top > own + 1);
}

// The card of the next row whose middle is nearest to this one's.
function nearestIn(card, all, isBeyond) {
  const own = card.getBoundingClientRect();
  const middle = own.left + own.width / 2;
  let row = null;
  let found = null;
  let least = Infinity;
  for (const each of all) {
    const box = each.getBoundingClientRect();
    if (!isBeyond(box.top, own.top)) continue;
    row ??= box.top;
    if (Math.abs(box.top - row) > 1) break;
    const away = Math.abs(box.left + box.width / 2 - middle);
    if (away < least) [found, least] = [each, away];
  }
  return found;
}

// What the browser remembers of a form is no selection; cards come anew when they change.
onCards((fresh) => fresh.forEach((card) => boxOf(card) && mark(card)));
