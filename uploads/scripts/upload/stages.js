// The stages of one picture as chips: a shape, a colour and a word for each.

import { word } from "../shared/words.js";

const SETTLED = new Set(["succeeded", "skipped"]);

/** Show how far the stages of an image are, in the chips of its row. */
export function showStages(row, stages) {
  row.querySelector(".chips").hidden = stages.length === 0;
  for (const chip of row.querySelectorAll("[data-stage]")) {
    const parts = stages.filter((stage) => stage.name === chip.dataset.stage);
    const done = parts.filter((stage) => SETTLED.has(stage.status)).length;
    showChip(chip, together(parts, done));
    if (parts.length > 1) chip.querySelector("[data-count]").textContent = `${done}/${parts.length}`;
  }
}

/** Return the one status that stands for all parts of a stage. */
function together(parts, done) {
  for (const status of ["failed", "cancelled", "running"]) {
    if (parts.some((stage) => stage.status === status)) return status;
  }
  if (parts.length && done === parts.length) return parts[0].status;
  return done ? "running" : "pending";
}

function showChip(chip, status) {
  chip.className = `status status--${status}`;
  const use = chip.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${status}`));
  chip.querySelector("[data-word]").textContent = `: ${word(`stage-${status}`)}`;
}
