/** The dashboard's small playground: a proof under one process, whose parts one can choose. */

import { SmallPlayground } from "../playground/small.js";

for (const root of document.querySelectorAll("[data-mini]")) {
  const form = root.querySelector("[data-controls]");
  form.hidden = false;
  const playground = new SmallPlayground(root, () => new URLSearchParams(new FormData(form)));
  for (const choice of form.querySelectorAll("select")) {
    choice.addEventListener("change", () => playground.load());
  }
  playground.load();
}
