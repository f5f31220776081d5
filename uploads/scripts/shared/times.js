// Instants as readers have them: in their zone, in the language of the page.

// What the value of `data-local` asks for; without one it is the day and the time.
const STYLES = {
  "": { dateStyle: "medium", timeStyle: "short" },
  clock: { timeStyle: "short" },
  second: { timeStyle: "medium" },
};

/** Show the times below `root` in the reader's zone and manner. */
export function localiseTimes(root) {
  const language = document.documentElement.lang;
  for (const element of root.querySelectorAll("time[data-local]")) {
    const format = new Intl.DateTimeFormat(language, STYLES[element.dataset.local]);
    element.title = element.dateTime;
    element.textContent = format.format(new Date(element.dateTime));
  }
}
