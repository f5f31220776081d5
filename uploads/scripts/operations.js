// The operations page asks every few seconds for how things are, while somebody looks at it.

import htmx from "htmx.org/dist/htmx.esm.js";

import { localiseTimes } from "./shared/times.js";

// What htmx would add to the page itself stands in the page's own style sheet.
htmx.config.includeIndicatorCSS = false;
htmx.config.history = "reload";
// What a reader has opened stays open when the page is brought up to date.
htmx.config.morphIgnore = [...htmx.config.morphIgnore, "open"];

const outdated = document.getElementById("outdated");

document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden) event.preventDefault();
});

// An error is not put in the place of what is known; whoever was signed out signs in again.
document.addEventListener("htmx:before:response", (event) => {
  const { raw } = event.detail.ctx.response;
  if (raw.redirected) location.reload();
  outdated.hidden = raw.ok;
  if (raw.redirected || !raw.ok) event.preventDefault();
});

document.addEventListener("htmx:error", () => {
  outdated.hidden = false;
});

document.addEventListener("htmx:after:swap", () => localiseTimes(document));

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) htmx.trigger(document.getElementById("live"), "look");
});
