/**
 * The progress of an unfinished run or job; when it has ended, the page is loaded again.
 *
 * A run also has a phase, an estimate of the time left and a log.
 */

import { look, Refusal } from "../api.js";
import { element } from "../elements.js";

const PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;
const OVER = new Set(["succeeded", "failed", "cancelled", "stopped"]);
const FOR_GOOD = new Set([401, 403, 404]);

const holder = document.querySelector("#run-state");
const parts = Object.fromEntries(
  [...document.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]),
);
const progress = holder.querySelector("progress");
const title = document.title;
const isAtEnd = (log) => log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
let failures = 0;
let isReading = false;
let next = setTimeout(follow, PAUSE_MS);

document.addEventListener("visibilitychange", follow);

/** Read the run now and at intervals, unless the page is hidden or a request is in progress. */
async function follow() {
  if (document.hidden || isReading) return;
  clearTimeout(next);
  isReading = true;
  const pause = await update().finally(() => {
    isReading = false;
  });
  if (pause !== null) next = setTimeout(follow, pause);
}

/** Show the progress; return the milliseconds until the next request, or null. */
async function update() {
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
  document.title = run.status === "running" ? `${percent} % · ${title}` : title;
  if (run.status !== "queued") parts["no-worker"]?.remove();
  if ("phase" in run) write(parts.phase, run.phase);
  if ("time_left" in run) write(parts.left, run.time_left);
  if (run.log) showLog(parts.log, run.log);
}

/** Show the lines, and follow them unless the visitor has scrolled back. */
function showLog(list, lines) {
  const follows = isAtEnd(list);
  const items = lines.map(({ at, text }) => element(
    "li", {},
    element("time", { datetime: at }, at.slice(11, 19)), " ", element("bdi", {}, text),
  ));
  list.replaceChildren(...items);
  if (follows) list.scrollTop = list.scrollHeight;
}

/** Change a text only if it differs, since screen readers announce every change. */
function write(part, text) {
  if (part.textContent !== text) part.textContent = text;
}
