// Long builds: ask for one, and hear how it goes until it is over.
const EVERY_MS = 1000;
const token = () => document.querySelector("meta[name=csrf-token]").content;

/** POSTs a form's fields as the site wants them. Answers JSON where there is a choice. */
export function post(address, fields, signal) {
  return fetch(address, {
    method: "POST", body: fields, signal, headers: { "X-CSRFToken": token(), Accept: "application/json, */*;q=0.5" },
  });
}

/**
 * Asks `address` about a build about once a second, says each answer to `tell({state, words, seconds, ahead})`, and
 * returns the last: made or failed. Throws what `fetch` throws, an AbortError among them.
 */
export async function follow(address, tell, signal) {
  for (;;) {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal });
    const status = await answer.json();
    if (!answer.ok) return { state: "failed", words: status.message ?? `No answer (${answer.status}).` };
    tell(status);
    if (status.state === "made" || status.state === "failed") return status;
    await pause(EVERY_MS, signal);
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
