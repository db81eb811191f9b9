/** Search in the schedules of the form, their number, and how long the run will take. */

import { read } from "../api.js";
import { withCode } from "../sentences.js";

const PAUSE_MS = 300;

const form = document.querySelector("[data-estimate]");
const search = form.querySelector("[data-search]");
const count = form.querySelector("[data-count]");
const estimate = form.querySelector("[data-estimate-text]");
const rows = [...form.querySelectorAll("[data-schedule]")].map((row) => ({
  row, text: row.textContent.toLowerCase(), box: row.querySelector("input"),
}));
let timer = 0;
let underway = null;

search.hidden = false;
const field = search.querySelector("input");
field.addEventListener("input", find);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault(); // it would queue the run
});
form.addEventListener("input", ({ target }) => {
  if (target === field) return;
  show();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
});
show();
ask();

/** Show the rows with all words of the search. */
function find() {
  const words = field.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
  let found = 0;
  for (const { row, text } of rows) {
    row.hidden = !words.every((word) => text.includes(word));
    found += row.hidden ? 0 : 1;
  }
  form.querySelector("[data-none]").hidden = found > 0;
}

function show() {
  const chosen = rows.filter(({ box }) => box.checked).map(({ box }) => box.value);
  const { most } = count.dataset;
  const names = chosen.length ? `: ${chosen.join(", ")}` : "";
  count.textContent = `${chosen.length} of at most ${most} chosen${names}`;
  count.className = chosen.length > Number(most) ? "reason" : "muted";
}

/** Ask how long the run will take. */
async function ask() {
  underway?.abort();
  underway = new AbortController();
  if (!rows.some(({ box }) => box.checked)) {
    say("Choose at least one schedule.", false);
    return;
  }
  const query = new URLSearchParams(new FormData(form));
  for (const name of ["csrfmiddlewaretoken", "notes", "tags"]) query.delete(name);
  try {
    const answer = await read(`${form.dataset.estimate}?${query}`, underway.signal);
    if (answer.problem) say(answer.problem, true);
    else say(`The run will take ${answer.text}${waiting(answer.ahead)}.`, false);
  } catch (error) {
    if (error.name !== "AbortError") say("", false); // the server says it on sending
  }
}

function waiting(ahead) {
  if (!ahead) return "";
  return `, after ${ahead} unfinished run${ahead === 1 ? "" : "s"}`;
}

function say(text, isWrong) {
  estimate.replaceChildren(...withCode(text));
  estimate.className = isWrong ? "reason" : "muted";
}
