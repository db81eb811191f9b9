/** A run that is not over: its progress, until the page can show what came of it. */

import { look, Refusal } from "../api.js";

const PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;
const OVER = new Set(["succeeded", "failed", "cancelled"]);
const FOR_GOOD = new Set([401, 403, 404]);

const holder = document.querySelector("#run-state");
const parts = Object.fromEntries(
  [...holder.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]),
);
const progress = holder.querySelector("progress");
let failures = 0;
let isAsking = false;
let next = setTimeout(follow, PAUSE_MS);

document.addEventListener("visibilitychange", follow);

/** Ask how the run goes, and later again: unless nobody looks, or it is being asked. */
async function follow() {
  if (document.hidden || isAsking) return;
  clearTimeout(next);
  isAsking = true;
  const pause = await asked().finally(() => {
    isAsking = false;
  });
  if (pause !== null) next = setTimeout(follow, pause);
}

/** Show how the run goes; return the milliseconds until the next look, null for none. */
async function asked() {
  try {
    const { document: run, waitMs } = await look(holder.dataset.address);
    failures = 0;
    if (OVER.has(run.status)) {
      location.reload();
      return null;
    }
    show(run);
    return waitMs ?? PAUSE_MS;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    write(parts.state, error.message);
    if (FOR_GOOD.has(error.status)) return null;
    failures += 1;
    return error.waitMs ?? Math.min(PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  }
}

function show(run) {
  const percent = Math.floor(100 * run.progress);
  write(parts.status, run.status);
  parts.status.className = `badge badge-large badge-${run.status}`;
  write(parts.percent, `${percent} %`);
  write(parts.state, run.state);
  progress.value = run.progress;
}

/** Change a text only where it is another: what is live is read aloud. */
function write(part, text) {
  if (part.textContent !== text) part.textContent = text;
}
