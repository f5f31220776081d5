// Instants as readers have them: in their zone, in the language of the page.

/** Show the times below `root` in the reader's zone and manner. */
export function localiseTimes(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  for (const element of root.querySelectorAll("time[data-local]")) {
    element.title = element.dateTime;
    element.textContent = format.format(new Date(element.dateTime));
  }
}
