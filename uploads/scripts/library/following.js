// Cards that are being processed are asked for when they have changed, all with one request.

import htmx from "htmx.org/dist/htmx.esm.js";

import { Changes } from "../shared/changes.js";
import { Look } from "../shared/look.js";

const shown = () => document.getElementById("following");

// The answer brings the cards, each to its place, and what is still to be followed.
const look = new Look(async () => {
  const source = shown();
  if (!source?.dataset.address) return;
  const how = { source, target: "#following", select: "#following", swap: "outerHTML" };
  await htmx.ajax("GET", source.dataset.address, how);
});

const changes = new Changes((ids) => {
  if (idsOf(shown()).some((id) => ids?.includes(id) ?? true)) look.soon();
});

/** Ask for these cards too, soon, until they are settled. */
export function follow(ids) {
  if (!ids.length) return;
  const all = new Set([...ids, ...idsOf(shown())]);
  const query = new URLSearchParams([...all].map((id) => ["id", id]));
  shown().dataset.address = `${document.getElementById("results").dataset.cards}?${query}`;
  changes.want(true);
  look.soon();
}

/** Return the ids that an element of that kind asks for. */
export function idsOf(element) {
  return new URLSearchParams(element?.dataset.address?.split("?")[1]).getAll("id");
}

// Filters bring another list, with others to be followed.
function settle() {
  changes.want(idsOf(shown()).length > 0);
}

new MutationObserver(settle).observe(document.getElementById("main"), { childList: true, subtree: true });
settle();
