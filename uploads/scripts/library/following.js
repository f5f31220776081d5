// Cards that are being processed are asked for every few seconds, all with one request.

import htmx from "htmx.org/dist/htmx.esm.js";

/** Ask for these cards too, at once, until they are settled. */
export function follow(ids) {
  if (!ids.length) return;
  const shown = document.getElementById("following");
  const all = new Set([...ids, ...idsOf(shown)]);
  const fresh = shown.cloneNode();
  const query = new URLSearchParams([...all].map((id) => ["id", id]));
  fresh.setAttribute("hx-get", `${document.getElementById("results").dataset.cards}?${query}`);
  fresh.setAttribute("hx-trigger", "load, every 3s");
  fresh.setAttribute("hx-select", "#following");
  fresh.setAttribute("hx-swap", "outerHTML");
  shown.replaceWith(fresh);
  htmx.process(fresh);
}

/** Return the ids that an element of that kind asks for. */
export function idsOf(element) {
  return new URLSearchParams(element?.getAttribute("hx-get")?.split("?")[1]).getAll("id");
}
