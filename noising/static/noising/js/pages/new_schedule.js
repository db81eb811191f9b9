/** Curves, verdict and linter findings for the specification in the form. */

import { post } from "../api.js";
import { element } from "../elements.js";
import { LineChart } from "../line_chart.js";
import { withCode } from "../sentences.js";
import { showVerdict } from "../verdict.js";

const PAUSE_MS = 350;
const POINTS = 201;
const LABELS = {
  alpha: { title: "Signal left", y: { label: "alpha", log: false, share: true } },
  information: { title: "Information left", y: { label: "share", log: false, share: true } },
  nelbo_weight: { title: "Weight in the negative ELBO", y: { label: "weight", log: true } },
};

const field = document.querySelector("#id_specification");
const preview = document.querySelector("#preview");
const quantities = preview.dataset.quantities.split(",");
const status = element("p", { class: "muted", role: "status" });
const verdict = element("div");
const findings = element("ul", { class: "findings" });
const charts = new Map();
let timer = 0;
let underway = null;

preview.replaceChildren(status, verdict);
for (const name of quantities) {
  charts.set(name, new LineChart(preview, {
    ...LABELS[name], x: [{ name: "time", label: "time t" }], lines: [], height: 190,
  }));
}
preview.append(findings);
field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE_MS);
});
for (const button of document.querySelectorAll("[data-part]")) {
  button.hidden = false;
  button.addEventListener("click", () => use(button.dataset.part, button.dataset.type));
}
show();

async function show() {
  underway?.abort();
  underway = new AbortController();
  let specification;
  try {
    specification = JSON.parse(field.value);
  } catch (error) {
    say(`This is not valid JSON: ${error.message}`, true);
    return;
  }
  try {
    const answer = await post(
      preview.dataset.address,
      { specification, quantities, axis: "time", points: POINTS },
      underway.signal,
    );
    draw(answer);
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, true);
  }
}

function draw({ curves, lint: found, verdict: given }) {
  say("", false);
  showVerdict(verdict, given, write);
  for (const [name, chart] of charts) {
    chart.update([{ name: "this", x: { time: curves.time }, y: curves[name] }]);
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

function say(text, isWrong) {
  status.textContent = text;
  status.className = isWrong ? "reason" : "muted";
}

function write(specification) {
  field.value = JSON.stringify(specification, null, 2);
  field.focus();
  show();
}

/** Write a type into the specification, with default parameters. */
function use(part, type) {
  try {
    const specification = JSON.parse(field.value);
    specification[part] = { type };
    field.value = JSON.stringify(specification, null, 2);
  } catch {
    field.value = JSON.stringify({ [part]: { type } }, null, 2);
  }
  field.focus();
  show();
}
