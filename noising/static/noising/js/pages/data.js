/** The pages of an account's own data: charts without a URL, files, and long waits. */

import { element } from "../elements.js";
import { LineChart } from "../line_chart.js";

for (const figure of document.querySelectorAll("[data-inline-chart]")) {
  const chart = JSON.parse(figure.dataset.inlineChart);
  const holder = element("div", { class: "plot-charts" });
  figure.querySelector(".plot-image").replaceWith(holder);
  for (const panel of chart.panels) {
    new LineChart(holder, { ...panel, title: "", label: panel.title, group: "corpus" });
  }
}

for (const input of document.querySelectorAll("input[data-max-bytes]")) {
  const most = Number(input.dataset.maxBytes);
  input.addEventListener("change", () => {
    const size = input.files[0]?.size ?? 0;
    input.setCustomValidity(
      size > most ? `The file has ${size} bytes; at most ${most} are read here.` : "",
    );
    input.reportValidity();
  });
  // A file that is dropped on the text is chosen.
  const form = input.form;
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return; // text is dropped as usual
    event.preventDefault();
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

/** What somebody pasted is still there after signing in. A file cannot be kept. */
const KEPT = "noising-pasted";
const pasted = document.querySelector("#data-form textarea[name=text]");
if (pasted) {
  const fields = ["text", "kind", "tokenizer", "vocab_size"].map(
    (name) => pasted.form.elements[name],
  );
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept && !pasted.value) {
    const values = JSON.parse(kept);
    for (const field of fields) field.value = values[field.name];
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest('a[href*="/login/"]') || !pasted.value) return;
    const values = fields.map((field) => [field.name, field.value]);
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(values)));
    } catch {
      // The text is too long for the browser's storage.
    }
  });
}

for (const form of document.querySelectorAll("form[data-busy]")) {
  const said = element("span", { class: "muted", role: "status" });
  form.querySelector(".actions").append(said);
  form.addEventListener("submit", () => {
    form.setAttribute("aria-busy", "true");
    said.textContent = form.dataset.busy;
  });
  // The page may come back from the history.
  window.addEventListener("pageshow", () => {
    form.removeAttribute("aria-busy");
    said.textContent = "";
  });
}
