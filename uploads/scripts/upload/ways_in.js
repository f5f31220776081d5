// Where files come from: chosen, in a folder, dropped anywhere on the page, or pasted.

import { getDroppedFiles } from "@uppy/core/utils";

const PICTURE_NAMES = /\.(avif|gif|heic|heif|jpe?g|png|tiff?|webp)$/i;
const TYPED_IN = "input, textarea, [contenteditable]";

/** Call `take(files, {leftOut})` with what people bring; of folders only the pictures. */
export function openWaysIn({ form, dropzone, take }) {
  const bring = (files) => {
    const wanted = files.filter((file) => !isFromFolder(file) || isPicture(file));
    take(wanted, { leftOut: files.length - wanted.length });
  };
  takeChosen(form.querySelector('input[name="file"]'), bring);
  takeFolders(form, bring);
  takeDropped(dropzone, bring);
  takePasted(bring);
  form.addEventListener("submit", (event) => event.preventDefault());
}

function isFromFolder(file) {
  return /.\/./.test(file.webkitRelativePath || file.relativePath || "");
}

function isPicture(file) {
  return !file.name.startsWith(".") && (file.type.startsWith("image/") || PICTURE_NAMES.test(file.name));
}

function takeChosen(input, bring) {
  input.multiple = true;
  input.required = false;
  input.addEventListener("change", () => {
    bring([...input.files]);
    input.value = "";
  });
}

function takeFolders(form, bring) {
  const chooser = Object.assign(document.createElement("input"), {
    type: "file",
    webkitdirectory: true,
  });
  chooser.addEventListener("change", () => {
    bring([...chooser.files]);
    chooser.value = "";
  });
  form.querySelector("[data-folder]").addEventListener("click", () => chooser.click());
}

// The whole page takes a drop: a picture that missed the zone must not replace the page.
function takeDropped(dropzone, bring) {
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    dropzone.classList.toggle("dropzone--over", depth > 0);
  };
  document.addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
  document.addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
  document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  document.addEventListener("drop", async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    bring(await getDroppedFiles(event.dataTransfer));
  });
}

function takePasted(bring) {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || event.target.closest?.(TYPED_IN)) return;
    event.preventDefault();
    bring(files.map(named));
  });
}

// Browsers call every picture that has no file image.png.
function named(file) {
  if (file.name !== "image.png") return file;
  return new File([file], `${timestamp()}.png`, { type: file.type });
}

/** Return the local time as part of a file's name. */
export function timestamp() {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, 19).replace("T", " ").replaceAll(":", ".");
}
