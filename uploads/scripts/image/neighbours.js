// Left and right, or k and j, lead to the pictures beside this one in the library.

const LINKS = { ArrowLeft: "newer", k: "newer", ArrowRight: "older", j: "older" };
// What has a use for keys of its own while it has the focus.
const OWN_KEYS = "input, textarea, select, summary, [contenteditable], [tabindex], [popover]";

export function walkByKeyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (document.activeElement?.closest(OWN_KEYS) && document.activeElement.id !== "main") return;
    if (document.querySelector(":popover-open")) return;
    const link = document.getElementById(LINKS[event.key]);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}
