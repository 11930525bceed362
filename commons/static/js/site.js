// On every page: shows <time> in the reader’s zone and language; also in what htmx swaps in later.
const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function localiseTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = shown.format(new Date(time.dateTime));
  }
}

localiseTimes(document);
document.addEventListener("htmx:load", (event) => localiseTimes(event.target));
