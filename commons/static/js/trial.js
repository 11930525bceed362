// A form whose design is tried before it is kept: says how long it has been, for as long as the answer takes.
for (const form of document.querySelectorAll("form[data-trial]")) {
  const words = form.querySelector("[data-trying]");
  let timer;
  form.addEventListener("submit", () => {
    const began = performance.now();
    const say = () => {
      const seconds = Math.round((performance.now() - began) / 1000);
      words.textContent = seconds < 3 ? "Trying it…" : `Trying it, for ${seconds} s so far; it may take up to two minutes.`;
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
