// The image page: its regions follow the server while the image is active.

import { Follower } from "./shared/live.js";
import { guideAltText } from "./image/alt_text.js";
import { prepareComparison } from "./image/compare.js";
import { prepareFocalPoint } from "./image/focal_point.js";
import { walkByKeyboard } from "./image/neighbours.js";
import { refresh } from "./image/regions.js";

const page = document.getElementById("image");
const id = page.dataset.id;

const follower = new Follower(async () => (await refresh(page)) && !isActive());

function isActive() {
  return document.getElementById("live-status").hasAttribute("data-active");
}

guideAltText();
walkByKeyboard();
prepareComparison();
prepareFocalPoint(page, () => follower.follow(id));
if (isActive()) follower.follow(id);
