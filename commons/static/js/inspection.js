// The inspection of what is shown, fetched when its place comes into view and again when the values have settled.
export class Inspection {
  /** `place` has its address in `data-inspection`; `query()` gives the values. Without a place it does nothing. */
  constructor(place, query) {
    Object.assign(this, { place, query, shown: "", seen: false });
    if (!place) return;
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      if (this.seen && this.ready) this.refresh();
    }).observe(place);
    place.addEventListener("change", ({ target }) => {
      if (target.name === "material") this.refresh();
    });
  }

  /** Called whenever there is a model of the values; asks for nothing that is shown already or out of sight. */
  async refresh() {
    if (!this.place) return;
    this.ready = true;
    const material = this.place.querySelector("[name=material]")?.value;
    const wanted = new URLSearchParams(this.query());
    if (material) wanted.set("material", material);
    if (!this.seen || `${wanted}` === this.shown) return;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.place.dataset.inspection}?${wanted}`, {
        headers: { "HX-Request": "true" }, signal: asked.signal,
      });
      // Another answer is a whole page: of a fault, or of a proxy.
      const ours = answer.headers.has("X-Fragment");
      const html = ours ? await answer.text() : `<p class="notice bad">It could not be inspected (${answer.status}).</p>`;
      const focused = document.activeElement?.name === "material";
      this.place.innerHTML = html; // ours, made by the same templates as the page
      if (focused) this.place.querySelector("[name=material]")?.focus();
      this.shown = answer.ok && answer.status !== 202 ? `${wanted}` : "";
    } catch (error) {
      if (error.name !== "AbortError") console.warn("no inspection:", error.message);
    } finally {
      if (this.asked === asked) this.place.removeAttribute("aria-busy");
    }
  }
}
