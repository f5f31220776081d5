// Words for people: translated by the server, put into the page as a template.

/** Return the translation of `key` with `{names}` filled in; empty where the page has none. */
export function word(key, values = {}) {
  const kept = document.getElementById("words")?.content.querySelector(`[data-key="${key}"]`);
  return (kept?.textContent ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** Return a size in the units that the server's pages use: steps of 1024. */
export function bytesInWords(bytes) {
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit: UNITS[step],
    unitDisplay: step ? "short" : "long",
    maximumFractionDigits: step ? 1 : 0,
  }).format(bytes / 1024 ** step);
}
