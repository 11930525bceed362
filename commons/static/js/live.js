// Parts of a page that change: server-sent events where the server has a stream to spare, polling where not.
import "../vendor/htmx.js";

const EVERY_MS = 4000;

for (const place of document.querySelectorAll("[data-live]")) {
  let streaming = false;
  let over = !place.hasAttribute("sse-connect") && !place.dataset.every;
  place.addEventListener("htmx:sseOpen", () => { streaming = true; });
  place.addEventListener("htmx:sseError", () => { streaming = false; });
  place.addEventListener("htmx:sseClose", ({ detail }) => {
    streaming = false;
    if (detail.type === "message") over = true; // the last state came before the end
  });
  setInterval(() => {
    if (!streaming && !over && !document.hidden) poll(place);
  }, Number(place.dataset.every) || EVERY_MS);
}

function poll(place) {
  window.htmx.trigger(place.querySelector("#live"), "poll");
}
