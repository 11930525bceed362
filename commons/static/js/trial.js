// A form whose design is tried before it is kept: proposes a title from the file's name, and says how long it has been,
// for as long as the answer takes.
for (const form of document.querySelectorAll("form[data-trial]")) {
  const words = form.querySelector("[data-trying]");
  let timer;
  const { file, title } = form.elements;
  file?.addEventListener("change", () => {
    if (title.value || !file.files.length) return;
    const words = file.files[0].name.replace(/\.[^.]*$/, "").replace(/[-_.\s]+/g, " ").trim();
    title.value = (words.charAt(0).toUpperCase() + words.slice(1)).slice(0, title.maxLength);
  });
  form.addEventListener("submit", () => {
    const began = performance.now();
    const say = () => {
      const seconds = Math.round((performance.now() - began) / 1000);
      words.textContent = seconds < 3 ? "Trying it…" : `Trying it, for ${seconds} s so far; what takes long goes on by itself.`;
    };
    clearInterval(timer);
    timer = setInterval(say, 1000);
    words.hidden = false;
    say();
  });
  // Back by the browser's own button: the page comes as it was left.
  window.addEventListener("pageshow", () => {
    clearInterval(timer);
    words.hidden = true;
  });
}
