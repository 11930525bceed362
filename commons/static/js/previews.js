// The model follows the form: coarse while something moves, fine when nothing has for a moment. One request at a time;
// what is asked for is let finish and shown, and then the newest values are asked for, so that those between are skipped.
import { post } from "./builds.js";

const SETTLED_MS = 120;
const FINE_AFTER_MS = 250;
// Nothing has moved for that long and the model of older values is still being built: it is given up for the newest.
const GIVEN_UP_AFTER_MS = 500;
// Another page of the same person asked for something, and the commons gave up this one's: ask again, ever later.
const AGAIN_AFTER_MS = [700, 2000, 5000];

export class Previews {
  /**
   * `fields()` gives the form's values. `on` hears: `busy(yes)`, `shown(glb, fields, fine)`,
   * `failed({message, line, problems, slow})`, `underWay({url, words})` where these values are a long build already.
   */
  constructor(address, fields, on) {
    Object.assign(this, { address, fields, on });
  }

  /** A value changed; `dragged`, with a slider, whose every value may be asked for. A typed one may be half a number. */
  changed(dragged) {
    this.#forgetFine();
    clearTimeout(this.timer);
    Object.assign(this, { behind: true, settled: false, dragged });
    this.timer = setTimeout(() => this.#rest(), SETTLED_MS);
    if (dragged && !this.asked) this.#ask();
  }

  /** Asks for what the form says now; what was asked for before is given up. */
  now() {
    clearTimeout(this.timer);
    this.settled = true;
    this.#forgetFine();
    this.#ask();
  }

  /** Nothing moves any more, or for the moment. */
  #rest() {
    this.settled = true;
    if (this.asked) {
      if (this.behind) this.timer = setTimeout(() => this.now(), GIVEN_UP_AFTER_MS - SETTLED_MS);
    } else if (this.behind) this.#ask();
    else if (this.coarse) this.#refineSoon(this.coarse);
  }

  async #ask(again = 0) {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.behind = false;
    this.coarse = undefined;
    const fields = this.fields();
    this.on.busy(true);
    try {
      const answer = await post(this.address, fields, asked.signal);
      if (answer.status === 409) {
        this.#later(again);
      } else if (answer.status === 202) {
        const status = await answer.json();
        if (!asked.signal.aborted) this.on.underWay(status);
      } else if (!answer.ok) {
        const problem = await problemOf(answer);
        if (!asked.signal.aborted) this.on.failed(problem);
      } else {
        await this.on.shown(await answer.arrayBuffer(), fields, false);
        if (this.asked === asked) this.coarse = fields;
      }
    } catch (error) {
      if (error.name !== "AbortError") this.on.failed({ message: `No preview: ${error.message}.`, problems: {} });
    } finally {
      if (this.asked === asked) this.#answered();
    }
  }

  #answered() {
    this.asked = undefined;
    if (this.behind && (this.dragged || this.settled)) {
      if (this.settled) clearTimeout(this.timer);
      this.#ask();
      return;
    }
    this.on.busy(false);
    if (this.coarse && this.settled) this.#refineSoon(this.coarse);
  }

  #refineSoon(fields) {
    this.fineTimer = setTimeout(() => this.#refine(fields), FINE_AFTER_MS);
  }

  /** The same in more detail. Where that fails, the coarse one stays: it is right too. */
  async #refine(fields) {
    const asked = (this.refining = new AbortController());
    const finer = new FormData();
    for (const [name, value] of fields) finer.append(name, value);
    finer.set("fine", "1");
    try {
      const answer = await post(this.address, finer, asked.signal);
      if (!answer.ok) return;
      const glb = await answer.arrayBuffer();
      if (!asked.signal.aborted) await this.on.shown(glb, fields, true);
    } catch (error) {
      if (error.name !== "AbortError") console.warn("no finer model:", error.message);
    }
  }

  #forgetFine() {
    clearTimeout(this.fineTimer);
    this.refining?.abort();
  }

  #later(again) {
    if (this.behind || again >= AGAIN_AFTER_MS.length) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(again + 1), AGAIN_AFTER_MS[again]);
  }
}

async function problemOf(answer) {
  const json = answer.headers.get("Content-Type")?.startsWith("application/json");
  return json ? answer.json() : { message: `No preview (${answer.status}).`, problems: {} };
}
