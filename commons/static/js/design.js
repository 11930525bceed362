// A design's or a remix's page: the preview follows the form; sliders and numbers move together.
import { Viewer, coloursOfParts } from "./viewer.js";

const WAIT_MS = 120;
const form = document.querySelector("form[data-preview]");
const stage = document.querySelector(".stage");
const view = stage.querySelector(".stage-view");
const status = stage.querySelector("[data-status]");
const trouble = document.querySelector("[data-trouble]");
const partList = stage.querySelector("[data-parts]");
const hidden = new Set();

let viewer;
let pending;
let timer;

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
    clearTimeout(timer);
    timer = setTimeout(refresh, WAIT_MS);
  });
  form.addEventListener("reset", () => setTimeout(afterReset));
  refresh();
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

async function refresh() {
  pending?.abort();
  const asked = (pending = new AbortController());
  const fields = new FormData(form);
  fields.delete("part");
  remember(fields);
  stage.classList.add("busy");
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      body: fields,
      headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
      signal: asked.signal,
    });
    if (!answer.ok) return await explain(answer);
    await show(await answer.arrayBuffer(), asked, fields);
  } catch (error) {
    if (error.name !== "AbortError") tell(`No preview: ${error.message}.`, {});
  } finally {
    if (pending === asked) stage.classList.remove("busy");
  }
}

async function show(glb, asked, fields) {
  if (viewer) {
    const { sizeMm, parts } = await viewer.show(glb);
    if (pending !== asked) return;
    status.textContent = `${sizeMm.map((mm) => mm.toFixed(1)).join(" × ")} mm`;
    list(parts);
  } else {
    view.querySelector("img").src = `${form.dataset.picture}?${query(fields)}`;
  }
  stage.classList.remove("stale");
  tell("", {});
}

/** What the commons or the design's author said; the last good model stays, dimmed. */
async function explain(answer) {
  const json = answer.headers.get("Content-Type")?.startsWith("application/json");
  const { message, line, problems } = json ? await answer.json() : { message: `No preview (${answer.status}).`, problems: {} };
  stage.classList.add("stale");
  if (!viewer?.model) status.textContent = "No model with these values";
  tell(line ? `${message} (line ${line} of the script)` : message, problems);
}

function tell(message, problems) {
  trouble.hidden = !message;
  trouble.querySelector("p").textContent = message;
  for (const place of form.querySelectorAll("[data-problem]")) {
    const sentence = problems[place.dataset.problem] ?? "";
    place.textContent = sentence;
    place.hidden = !sentence;
    place.closest(".parameter").classList.toggle("wrong", Boolean(sentence));
    form.elements[place.dataset.field]?.setAttribute?.("aria-invalid", String(Boolean(sentence)));
    if (sentence) place.closest("details")?.setAttribute("open", "");
  }
}

/** Each part with its colour and a box that hides it; the choice outlives the next preview. */
function list(parts) {
  partList.hidden = parts.length < 2;
  partList.replaceChildren(
    ...parts.map(({ name, object }, index) => {
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !hidden.has(name) });
      object.visible = box.checked;
      box.addEventListener("change", () => {
        object.visible = box.checked;
        if (box.checked) hidden.delete(name);
        else hidden.add(name);
        viewer.draw();
      });
      const swatch = Object.assign(document.createElement("span"), { className: `swatch part-${index % coloursOfParts}` });
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
function remember(fields) {
  if ("share" in form.dataset) history.replaceState(null, "", `?${query(fields)}`);
}

/** The last of two fields of one name counts (a checkbox after its hidden "false"), as on the server. */
function query(fields) {
  return new URLSearchParams(Object.fromEntries(fields));
}

start();
