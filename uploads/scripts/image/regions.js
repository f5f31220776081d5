// The parts of the page that follow the server: each is replaced as a whole when it has changed.

import { requestHtml } from "../shared/api.js";
import { localiseTimes } from "../shared/times.js";

// A picture that takes longer than this to arrive is shown as it loads.
const DECODE_MS = 2000;

const shownHtml = new Map();
const listeners = [];

/** Call `listener` whenever regions may have been replaced. */
export function onUpdate(listener) {
  listeners.push(listener);
}

/** Bring the regions of `page` up to date; false when a question stands before them. */
export async function refresh(page) {
  const html = await requestHtml(location.pathname + location.search);
  const fresh = new DOMParser().parseFromString(html, "text/html");
  // A question that is being asked is not pulled away; what it covers is looked at again.
  if (page.querySelector(":popover-open")) return false;
  for (const region of fresh.querySelectorAll("[data-live]")) await update(region);
  for (const listener of listeners) listener();
  return true;
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
  const open = [...shown.querySelectorAll("details")].map((each) => each.open);
  shown.replaceChildren(...fresh.childNodes);
  shown.querySelectorAll("details").forEach((each, index) => (each.open = open[index] ?? false));
  for (const name of ["hidden", "data-active"]) {
    shown.toggleAttribute(name, rendered.hasAttribute(name));
  }
  if (place >= 0) focusables(shown)[place]?.focus();
}

function focusables(region) {
  return [...region.querySelectorAll("a, button, select, summary, [tabindex]")];
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
