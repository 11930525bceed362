// Marks values that are known to fail on the form of a design: what idle time has tried comes with the page, as JSON.
// A mark that is not `always` was seen with the rest as the author has it, and counts only while it stands so.

const place = document.querySelector("[data-known]");
const form = place?.closest("form");
const key = form?.querySelector("[data-known-key]");
const marked = new Map();

function start() {
  for (const mark of JSON.parse(place.dataset.known)) {
    const field = form.querySelector(`[id="p-${mark.parameter}"]`);
    if (!field) continue;
    if (!marked.has(field)) marked.set(field, fitted(field, mark.parameter));
    marked.get(field).marks.push(mark);
  }
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  show();
}

/** The field with a place for words below it, and one for bands along its slider. */
function fitted(field, name) {
  const note = Object.assign(document.createElement("p"), { className: "known", id: `p-${name}-known`, hidden: true });
  const around = field.closest(".parameter");
  around.append(note);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${note.id}`.trim());
  const slider = around.querySelector("input[type=range]");
  let bands;
  if (slider) {
    const track = Object.assign(document.createElement("div"), { className: "slider js-only" });
    bands = Object.assign(document.createElement("div"), { className: "bands" });
    bands.setAttribute("aria-hidden", "true");
    slider.replaceWith(track);
    track.append(slider, bands);
    slider.setAttribute("aria-describedby", note.id);
  }
  return { around, note, slider, bands, marks: [] };
}

function show() {
  const changed = [...form.querySelectorAll("[data-default]")].filter((field) => !isDefault(field));
  let left = false;
  for (const [field, { around, note, slider, bands, marks }] of marked) {
    const alone = changed.every((other) => other === field);
    const counting = marks.filter((mark) => mark.always || alone);
    const inside = counting.filter((mark) => covers(mark, field));
    const told = inside.length ? inside.slice(0, 1) : slider || field.options ? [] : counting;
    around.classList.toggle("doubtful", inside.length > 0);
    note.classList.toggle("inside", inside.length > 0);
    note.hidden = !told.length;
    write(note, told.map(({ sentence }) => sentence).join(" "));
    if (bands) draw(bands, slider, counting);
    for (const option of field.options ?? []) label(option, counting);
    left ||= counting.length > 0;
  }
  key.hidden = !left;
}

/** Only where it differs: what reads the page aloud says it again for every change. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function draw(bands, slider, counting) {
  const part = (value) => (value - slider.min) / (slider.max - slider.min);
  bands.replaceChildren(
    ...counting.map(({ low, high }) => {
      const band = document.createElement("span");
      band.style.setProperty("--from", part(low));
      band.style.setProperty("--to", part(high));
      return band;
    }),
  );
}

function label(option, counting) {
  option.dataset.label ??= option.textContent;
  const fails = counting.some(({ values }) => values.includes(option.value));
  write(option, fails ? `${option.dataset.label} (known to fail)` : option.dataset.label);
}

function covers({ low, high, values }, field) {
  const text = field.type === "checkbox" ? String(field.checked) : field.value;
  if (low === null) return values.includes(text);
  return text !== "" && Number(text) >= low && Number(text) <= high;
}

function isDefault(field) {
  if (field.type === "checkbox") return String(field.checked) === field.dataset.default;
  if (field.type === "number") return field.value !== "" && Number(field.value) === Number(field.dataset.default);
  return field.value === field.dataset.default;
}

if (form) start();
