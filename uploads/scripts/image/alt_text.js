// How long an alt text is, and whether that is a good length.

import { word } from "../shared/words.js";

// Screen readers read some 125 characters without a pause; a fifth of that is hardly a sentence.
const ADVICE = [
  [0, "alt-empty"],
  [19, "alt-short"],
  [125, "alt-good"],
  [250, "alt-long"],
  [Infinity, "alt-too-long"],
];

/** Tell the length as it is typed; the advice is announced only when it changes. */
export function guideAltText() {
  const field = document.getElementById("id_alt_text");
  if (!field) return;
  const [count, advice] = ["alt-count", "alt-advice"].map((id) => document.getElementById(id));
  const tell = () => {
    const length = [...field.value.trim()].length;
    const key = ADVICE.find(([most]) => length <= most)[1];
    count.textContent = word("alt-count", { count: length, most: field.maxLength });
    if (advice.dataset.key === key) return;
    advice.dataset.key = key;
    advice.textContent = word(key);
  };
  field.addEventListener("input", tell);
  tell();
}
