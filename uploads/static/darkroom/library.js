// The library: cards of images that are being processed are brought up to date.

import { requestHtml } from "./api.js";

const POLL_MS = 3000;

const grid = document.querySelector("[data-live]");

function activeIds() {
  return [...grid.querySelectorAll("[data-active]")].map((card) => card.dataset.active);
}

async function refresh() {
  const ids = activeIds();
  if (ids.length && !document.hidden) {
    const query = new URLSearchParams(ids.map((id) => ["id", id]));
    await requestHtml(`${grid.dataset.live}?${query}`).then(replaceCards, () => {});
  }
  if (activeIds().length) setTimeout(refresh, POLL_MS);
}

function replaceCards(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const card of fresh.querySelectorAll(".card")) {
    const shown = document.getElementById(card.id);
    if (shown && !sameState(shown, card)) replaceCard(shown, card);
  }
}

function sameState(shown, fresh) {
  const [one, other] = [shown, fresh].map((card) => card.querySelector(".card__frame"));
  const words = (frame) => frame.textContent.trim();
  const hasPicture = (frame) => frame.querySelector("img") !== null;
  return words(one) === words(other) && hasPicture(one) === hasPicture(other);
}

function replaceCard(shown, card) {
  const focused = shown.contains(document.activeElement);
  shown.replaceWith(card);
  if (focused) card.querySelector("a").focus();
}

if (grid) setTimeout(refresh, POLL_MS);
