// The field a script is written in: Tab indents, the lines are numbered, and the line at fault is shown.
const INDENT = "    ";
const field = document.querySelector("textarea.code");
const lines = document.querySelector(".code-lines");
let leaving = false;

field.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    leaving = true; // the next Tab leaves the field: nobody is caught in it
  } else if (event.key === "Tab" && !event.shiftKey && !leaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    document.execCommand("insertText", false, INDENT); // the one way that can be undone
  } else if (event.key !== "Shift") {
    leaving = false;
  }
});
field.addEventListener("focus", () => { leaving = false; });
field.addEventListener("input", number);
field.addEventListener("scroll", () => { lines.scrollTop = field.scrollTop; });

/** One number a line; the line at fault has a mark until something is changed. */
function number() {
  const fault = Number(field.dataset.line);
  const count = field.value.split("\n").length;
  if (lines.childElementCount === count && !fault) return;
  lines.replaceChildren(
    ...Array.from({ length: count }, (_, index) => {
      const line = Object.assign(document.createElement("span"), { textContent: index + 1 });
      if (index + 1 === fault) line.className = "fault";
      return line;
    }),
  );
  lines.scrollTop = field.scrollTop;
}

function show(line) {
  const before = field.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const end = field.value.indexOf("\n", before);
  field.focus();
  field.setSelectionRange(before, end < 0 ? field.value.length : end);
  const height = field.scrollHeight / field.value.split("\n").length;
  field.scrollTop = Math.max(0, (line - 6) * height);
}

number();
if (field.dataset.line) show(Number(field.dataset.line));
