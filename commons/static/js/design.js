// A design's or a remix's page: the preview follows the form; sliders and numbers move together.
import { follow, post } from "./builds.js";
import { Inspection } from "./inspection.js";
import { Previews } from "./previews.js";
import { Viewer } from "./viewer.js";

const form = document.querySelector("form[data-preview]");
const stage = document.querySelector(".stage");
const view = stage.querySelector(".stage-view");
const status = stage.querySelector("[data-status]");
const trouble = stage.querySelector("[data-trouble]");
const anyway = trouble.querySelector("button");
const partList = stage.querySelector("[data-parts]");
const hidden = new Set();
const previews = new Previews(form.dataset.preview, values, {
  busy: (yes) => stage.classList.toggle("busy", yes),
  shown: show,
  failed: explain,
  underWay: ({ url }) => wait(() => url),
});
const inspection = new Inspection(document.querySelector("[data-inspection]"), () => query(values()));

let viewer;
let building;

function start() {
  try {
    viewer = new Viewer(view, "3D view. Arrow keys turn it, plus and minus zoom, Home resets.");
    stage.querySelector("[data-reset]").addEventListener("click", () => viewer.fit());
  } catch (error) {
    status.textContent = `${error.message} The files are not affected.`;
    stage.querySelector("[data-reset]").hidden = true;
    const picture = document.createElement("img");
    picture.alt = "The model";
    view.append(picture);
  }
  for (const slider of form.querySelectorAll("input[data-for]")) pair(slider, form.elements[slider.dataset.for]);
  form.addEventListener("input", ({ target }) => {
    if (target.name === "part") return;
    building?.abort();
    stage.classList.remove("waiting");
    remember();
    previews.changed(target.type === "range");
  });
  form.addEventListener("reset", () => setTimeout(afterReset));
  anyway.addEventListener("click", buildAnyway);
  remember();
  previews.now();
}

/** A range and a number field that show one value; only the number has a name and is sent. */
function pair(slider, field) {
  slider.addEventListener("input", () => { field.value = slider.value; });
  field.addEventListener("input", () => { if (field.value !== "") slider.value = field.value; });
}

/** "Reset" goes to the author's defaults, not to what this page was opened with. */
function afterReset() {
  for (const field of form.querySelectorAll("[data-default]")) {
    if (field.type === "checkbox") field.checked = field.dataset.default === "true";
    else field.value = field.dataset.default;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** What the form says of the variant: its revision and its values. */
function values() {
  const fields = new FormData(form);
  fields.delete("part");
  return fields;
}

async function show(glb, fields, fine) {
  if (viewer) {
    const shown = await viewer.show(glb);
    if (!shown) return; // something newer was there first
    status.textContent = `${shown.sizeMm.map((mm) => mm.toFixed(1)).join(" × ")} mm`;
    list(shown.parts);
  } else {
    view.querySelector("img").src = `${form.dataset.picture}?${query(fields)}`;
  }
  stage.classList.remove("stale");
  stage.dataset.detail = fine ? "fine" : "coarse";
  tell("", {});
  if (fine) inspection.refresh();
}

/** What the commons or the design's author said; the last good model stays, dimmed. */
function explain({ message, line, problems, slow }) {
  stage.classList.add("stale");
  if (!viewer?.model) status.textContent = "No model with these values";
  tell(line ? `${message} (line ${line} of the script)` : message, problems ?? {}, slow);
}

function tell(message, problems, slow = false) {
  trouble.hidden = !message;
  trouble.querySelector("p").textContent = message;
  anyway.hidden = !slow;
  for (const place of form.querySelectorAll("[data-problem]")) {
    const sentence = problems[place.dataset.problem] ?? "";
    place.textContent = sentence;
    place.hidden = !sentence;
    place.closest(".parameter").classList.toggle("wrong", Boolean(sentence));
    form.elements[place.dataset.field]?.setAttribute?.("aria-invalid", String(Boolean(sentence)));
    if (sentence) place.closest("details")?.setAttribute("open", "");
  }
}

/** These values as long work. */
function buildAnyway() {
  wait(async (signal) => {
    const answer = await post(form.dataset.builds, values(), signal);
    const wanted = await answer.json();
    if (answer.ok) return wanted.url;
    explain(wanted);
    return null;
  });
}

/** A long build, by the address that `begin` gives, followed until the model is there or it is known why not. */
async function wait(begin) {
  building?.abort();
  const { signal } = (building = new AbortController());
  stage.classList.add("waiting");
  try {
    const url = await begin(signal);
    if (!url) return;
    const last = await follow(url, ({ words }) => tell(words, {}), signal);
    if (last.state === "made") previews.now();
    else explain({ message: last.words });
  } catch (error) {
    if (error.name !== "AbortError") explain({ message: `The build cannot be followed: ${error.message}.`, slow: true });
  } finally {
    if (building.signal === signal) stage.classList.remove("waiting");
  }
}

/** Each part with its colour and a box that hides it; the choice outlives the next preview. */
function list(parts) {
  partList.hidden = parts.length < 2;
  partList.replaceChildren(
    ...parts.map(({ name, colour, object }) => {
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !hidden.has(name) });
      object.visible = box.checked;
      box.addEventListener("change", () => {
        object.visible = box.checked;
        if (box.checked) hidden.delete(name);
        else hidden.add(name);
        viewer.draw();
      });
      const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
      swatch.style.backgroundColor = colour;
      const label = document.createElement("label");
      label.append(box, swatch, name);
      const item = document.createElement("li");
      item.append(label);
      return item;
    }),
  );
  viewer.draw();
  offer(parts.map(({ name }) => name));
}

/** Which part the download buttons take: all of them, or one. */
function offer(names) {
  const select = form.elements.part;
  const chosen = select.value;
  select.replaceChildren(new Option("All parts", ""), ...names.map((name) => new Option(name, name)));
  select.value = names.includes(chosen) ? chosen : "";
  select.hidden = select.disabled = names.length < 2;
}

/** The address always says what is shown, so that it can be copied and sent. */
function remember() {
  if ("share" in form.dataset) history.replaceState(null, "", `?${query(values())}`);
}

/** The last of two fields of one name counts (a checkbox after its hidden "false"), as on the server. */
function query(fields) {
  return new URLSearchParams(Object.fromEntries(fields));
}

start();
