/** A run that is not over: its progress, until the page can show what came of it. */

import { read } from "../api.js";

const PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

const holder = document.querySelector("#run-state");
const parts = Object.fromEntries(
  [...holder.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]),
);
const progress = holder.querySelector("progress");
let pause = PAUSE_MS;
let next = setTimeout(look, PAUSE_MS);

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
});

async function look() {
  clearTimeout(next);
  if (document.hidden) return; // asked again once somebody looks
  try {
    const run = await read(holder.dataset.address);
    if (["succeeded", "failed", "cancelled"].includes(run.status)) {
      location.reload();
      return;
    }
    show(run);
    pause = PAUSE_MS;
  } catch (error) {
    parts.state.textContent = error.message;
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
  next = setTimeout(look, pause);
}

function show(run) {
  parts.status.textContent = run.status;
  parts.status.className = `badge badge-large badge-${run.status}`;
  parts.percent.textContent = `${Math.floor(100 * run.progress)} %`;
  parts.state.textContent = run.state;
  progress.value = run.progress;
}
