// The page of a build under way: says how it goes, and goes on to what it was for when it is made.
import { follow } from "./builds.js";

const place = document.querySelector("[data-build]");
if (place) {
  const words = place.querySelector("[data-words]");
  const { state } = await follow(place.dataset.build, (status) => { words.textContent = status.words; });
  // The page itself knows what comes next: a file, a picture, or why there is none.
  if (state) location.replace(place.dataset.page);
}
