// A photograph from the camera of this device, in a dialog.

import { word } from "../shared/words.js";
import { timestamp } from "./ways_in.js";

const QUALITY = 0.95;
const MOST_PIXELS = { width: { ideal: 4096 }, height: { ideal: 2160 } };

/** Let `button` open the camera, whose photographs go to `take`; it hides where there is none. */
export function offerCamera({ button, dialog, take }) {
  // Only under HTTPS and on localhost do browsers give a camera.
  if (!navigator.mediaDevices?.getUserMedia) return;
  const video = dialog.querySelector("video");
  const problem = dialog.querySelector("[data-problem]");
  const shutter = dialog.querySelector("[data-shutter]");
  button.hidden = false;
  button.addEventListener("click", () => open());
  shutter.addEventListener("click", async () => take([await photograph(video)]));
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => stop(video));

  async function open() {
    problem.textContent = "";
    shutter.disabled = true;
    dialog.showModal();
    try {
      await start(video);
      shutter.disabled = false;
      if (!dialog.open) stop(video);
    } catch {
      problem.textContent = word("no-camera");
    }
  }
}

async function start(video) {
  const wanted = { ...MOST_PIXELS, facingMode: "environment" };
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  await video.play();
}

function stop(video) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}

async function photograph(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  const bytes = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return new File([bytes], `${timestamp()}.jpg`, { type: "image/jpeg" });
}
