/** Fields and JSON of the form, and curves, verdict and findings of what is entered. */

import { post, read } from "../api.js";
import { element } from "../elements.js";
import { LineChart } from "../line_chart.js";
import { ProcessFields } from "../process_fields.js";
import { withCode } from "../sentences.js";
import { TAB_OPENED } from "../tabs.js";
import { showVerdict } from "../verdict.js";

const PAUSE_MS = 350;
const POINTS = 201;
const LABELS = {
  alpha: {
    title: "Signal left",
    y: { label: "signal left 𝛼(𝑡)", log: false, share: true },
  },
  information: { title: "Information left", y: { label: "share", log: false, share: true } },
  nelbo_weight: { title: "Weight in the negative ELBO", y: { label: "weight", log: true } },
};

const json = document.querySelector("#id_specification");
const fields = new ProcessFields(document.querySelector("[data-process]"));
const preview = document.querySelector("#preview");
const reference = document.querySelector("#reference");
const quantities = preview.dataset.quantities.split(",");
const status = element("p", { class: "muted", role: "status" });
const verdict = element("div");
const findings = element("ul", { class: "findings" });
const charts = new Map();
const references = new Map(); // curves by what was requested
let view = "fields";
let timer = 0;
let underway = null;

preview.replaceChildren(status, verdict);
for (const name of quantities) {
  charts.set(name, new LineChart(preview, {
    ...LABELS[name], x: [{ name: "time", label: "time 𝑡" }], lines: [], height: 190,
  }));
}
preview.append(findings);
reference.closest("label").hidden = false;
reference.addEventListener("change", show);
if (document.querySelector("#json[data-open]")) view = "json";
choose(view);
for (const holder of [json, fields.root]) {
  holder.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  });
}
document.addEventListener(TAB_OPENED, ({ target }) => turnTo(target.id));
show();

/** Only what is shown is sent: the server uses the JSON if it gets one. */
function choose(name) {
  view = name;
  json.disabled = view !== "json";
  fields.disabled = view !== "fields";
}

/** Carry what was entered over to the other tab. */
function turnTo(name) {
  if (name === view || !["fields", "json"].includes(name)) return;
  if (name === "json") {
    json.value = JSON.stringify(fields.read(), null, 2);
    choose(name);
    return;
  }
  try {
    fields.write(parseJson(json.value));
    choose(name);
    show();
  } catch (error) {
    say(`The fields cannot show this: ${error.message}`, true);
    document.querySelector("#json-tab").click();
  }
}

/** Parse JSON; an integer that would lose digits is an error. */
function parseJson(text) {
  return JSON.parse(text, (key, value) => {
    if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21) {
      throw new Error(`the number at "${key}" has too many digits.`);
    }
    return value;
  });
}

async function show() {
  underway?.abort();
  underway = new AbortController();
  const { signal } = underway;
  let specification;
  try {
    specification = view === "json" ? JSON.parse(json.value) : fields.read();
  } catch (error) {
    say(`This is not valid JSON: ${error.message}`, true);
    return;
  }
  try {
    const answer = await requestCurves(specification, signal);
    fields.showErrors([]);
    const other = await findReference(answer.specification, signal);
    draw(answer, other);
  } catch (error) {
    if (error.name === "AbortError") return;
    const errors = error.errors ?? [];
    const rest = view === "fields" && errors.length ? fields.showErrors(errors) : [error];
    say(rest.length ? error.message : "Some fields need a correction.", true);
  }
}

function requestCurves(specification, signal) {
  const wanted = { specification, quantities, axis: "time", points: POINTS };
  return post(preview.dataset.address, wanted, signal);
}

/** Return name and curves of the chosen reference; null without one. */
async function findReference(specification, signal) {
  const [kind, name] = reference.value.split(/:(.*)/);
  if (!name) return null;
  const { vocab_size, num_timesteps, graph } = specification;
  const key = kind === "stored"
    ? reference.value
    : JSON.stringify({ vocab_size, num_timesteps, graph, schedule: { type: name } });
  if (!references.has(key)) {
    try {
      const { curves } = kind === "stored"
        ? await read(addressStored(name), signal)
        : await requestCurves(JSON.parse(key), signal);
      references.set(key, curves);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      references.set(key, null); // such as a graph that this schedule does not fit
    }
  }
  return { name, curves: references.get(key) };
}

function addressStored(name) {
  const query = new URLSearchParams({
    quantities: quantities.join(","), axis: "time", points: POINTS, format: "json",
  });
  return `${preview.dataset.stored}/${encodeURIComponent(name)}/curves?${query}`;
}

function draw({ curves, lint: found, verdict: given }, other) {
  say(other && !other.curves ? `${other.name} does not fit this graph.` : "", false);
  showVerdict(verdict, given, use);
  for (const [name, chart] of charts) {
    const lines = [{ name: "this", x: { time: curves.time }, y: curves[name] }];
    if (other?.curves) {
      const { time } = other.curves;
      lines.push({ name: other.name, x: { time }, y: other.curves[name] });
    }
    chart.update(lines);
  }
  findings.replaceChildren(...found.map((finding) => element(
    "li", {},
    element("span", { class: `badge badge-${finding.severity}` }, finding.severity),
    element("span", {}, ...withCode(finding.message), " ", element("code", {}, finding.code)),
  )));
  if (!found.length) {
    findings.replaceChildren(element("li", {}, "The linter found nothing."));
  }
}

/** Say something; what is wrong has no verdict, and its curves are those of before. */
function say(text, isWrong) {
  if (isWrong) {
    verdict.replaceChildren();
    findings.replaceChildren();
  }
  preview.classList.toggle("is-stale", isWrong);
  status.replaceChildren(...withCode(text));
  status.className = isWrong ? "reason" : "muted";
}

/** Take over the specification of a remedy. */
function use(specification) {
  if (view === "json") json.value = JSON.stringify(specification, null, 2);
  else fields.write(specification);
  show();
}
