// On every page: shows <time> in the reader’s zone, also in what htmx swaps in later; and a form that changes something
// is sent once, however often its button is clicked.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** In the words of the page, which a browser's own language would mix with others: 26 Nov 2026, 14:05. */
function shown(at) {
  const [hours, minutes] = [at.getHours(), at.getMinutes()].map((number) => String(number).padStart(2, "0"));
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}, ${hours}:${minutes}`;
}

export function localiseTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = shown(new Date(time.dateTime));
  }
}

localiseTimes(document);
document.addEventListener("htmx:load", (event) => localiseTimes(event.target));

// On a narrow screen the header's ways lie in one row that scrolls.
document.querySelector(".site-header nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (defaultPrevented || target.method !== "post") return;
  const buttons = [...target.querySelectorAll("button:not([type=button])")];
  // After the form's fields were read: a disabled button is not among them.
  setTimeout(() => buttons.forEach((button) => (button.disabled = true)));
  // Back by the browser's own button: the page comes as it was left.
  window.addEventListener("pageshow", () => buttons.forEach((button) => (button.disabled = false)), { once: true });
});
