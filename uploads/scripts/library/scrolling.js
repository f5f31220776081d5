// Older pictures come by themselves before the end of the list is reached. Which pages were added is
// kept with the page's place in the history: whoever comes back finds them, and the same card, again.

import { requestHtml } from "../shared/api.js";
import { word } from "../shared/words.js";
import { follow, idsOf } from "./following.js";

// More than a screen ahead, so that rows grow where nobody looks.
const AHEAD = "1600px";
// Older pages that are asked for at once on the way back.
const MOST_RESTORED = 40;

let added = [];
let isLoading = false;
const ahead = new IntersectionObserver(onSight, { rootMargin: AHEAD });

const results = () => document.getElementById("results");
const older = () => document.querySelector('.pages a[rel="next"]');

/** Watch the link to older pictures, now and whenever the filters have changed the list. */
export async function scrollOn() {
  document.body.addEventListener("htmx:after:swap", () => {
    if (older()?.dataset.watched) return;
    added = [];
    watch();
  });
  addEventListener("pagehide", keep);
  await restore();
  watch();
}

function watch() {
  const link = older();
  ahead.disconnect();
  if (!link) return;
  link.dataset.watched = "yes";
  ahead.observe(link);
}

async function onSight([entry]) {
  if (!entry.isIntersecting || isLoading) return;
  const address = entry.target.getAttribute("href");
  isLoading = true;
  const list = results();
  try {
    const page = await requestHtml(address);
    if (list !== results()) return;
    append(page);
    added.push(address);
    watch();
  } catch {
    // The link itself stays, and says more when it is followed.
    ahead.disconnect();
    say(word("older-failed"));
  } finally {
    isLoading = false;
  }
}

/** Add the cards of a page to the list, and take over what it says about still older ones. */
function append(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const grid = document.querySelector(".grid");
  const cards = [...fresh.querySelectorAll(".grid > .card")];
  grid.append(...cards.filter((card) => !document.getElementById(card.id)));
  const link = fresh.querySelector('.pages a[rel="next"]');
  if (link) older().replaceWith(document.adoptNode(link));
  else older().remove();
  follow(idsOf(fresh.getElementById("following")));
  say(word(link ? "older-loaded" : "older-end", { count: cards.length }));
}

function say(words) {
  document.getElementById("scrolled").textContent = words;
}

// --- The way back --------------------------------------------------------------------------------

function keep() {
  const card = [...document.querySelectorAll(".card")].find(
    (each) => each.getBoundingClientRect().bottom > 0,
  );
  const place = card && { id: card.id, top: card.getBoundingClientRect().top };
  history.replaceState({ ...history.state, list: { added, place } }, "");
}

async function restore() {
  const kept = history.state?.list;
  const [entry] = performance.getEntriesByType("navigation");
  if (!kept?.added.length || !["back_forward", "reload"].includes(entry?.type)) return;
  history.scrollRestoration = "manual";
  const wanted = kept.added.slice(0, MOST_RESTORED);
  const pages = await Promise.all(wanted.map((address) => requestHtml(address).catch(() => null)));
  const reached = pages.findIndex((page) => page === null);
  for (const [place, page] of pages.slice(0, reached < 0 ? pages.length : reached).entries()) {
    if (!older()) break;
    append(page);
    added.push(wanted[place]);
  }
  goTo(kept.place);
  history.scrollRestoration = "auto";
}

function goTo(place) {
  const card = place && document.getElementById(place.id);
  if (card) scrollBy({ top: card.getBoundingClientRect().top - place.top, behavior: "instant" });
}
