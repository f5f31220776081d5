// What a picture will look like, from some twenty bytes in its card, until the picture is there.

import { thumbHashToRGBA } from "thumbhash";

import { onCards } from "./cards.js";

function draw(canvas) {
  const hash = Uint8Array.from(atob(canvas.dataset.thumbhash), (letter) => letter.charCodeAt(0));
  const { w: width, h: height, rgba } = thumbHashToRGBA(hash);
  Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  canvas.dataset.drawn = canvas.dataset.thumbhash;
}

function settle(image) {
  if (image.complete && image.naturalWidth) image.closest(".card__frame").classList.add("card__frame--loaded");
}

onCards((cards) => {
  for (const card of cards) {
    const canvas = card.querySelector("canvas");
    if (canvas && canvas.dataset.drawn !== canvas.dataset.thumbhash) draw(canvas);
    const image = card.querySelector("img");
    if (image) settle(image);
  }
});

// These events do not bubble.
document.addEventListener(
  "load",
  (event) => event.target.closest?.(".card__frame") && settle(event.target),
  true,
);
document.addEventListener(
  "error",
  // A picture that is not there leaves its place to the placeholder, not to a broken frame.
  (event) => event.target.closest?.(".card__frame") && event.target.closest("picture")?.remove(),
  true,
);
