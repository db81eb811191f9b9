/** The form: its query, which is also that of the page's URL, and its errors. */

import { element } from "../elements.js";
import { withCode } from "../sentences.js";

export const LONGEST_QUERY = 8000; // servers read lines of 8 KiB

export class Form {
  /** @param {HTMLFormElement} root */
  constructor(root) {
    this.root = root;
    this.typed = new Map();
    this.templates = null;
    this.protectBox = root.elements.namedItem("protect");
    this.arrange();
  }

  /** Call back at each change except of the timestep, which is outside the form. */
  onChange(callback) {
    this.root.addEventListener("input", ({ target }) => {
      // A position would protect another token of another text.
      if (["text", "tokenizer"].includes(target.name)) this.protectedPositions = new Set();
      this.arrange();
      callback();
    });
  }

  /** Return the query without empty values, which are the defaults. */
  get query() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(this.root)) {
      const { dataset } = this.root.elements.namedItem(name);
      const isDefault = value === "" || value === dataset?.default;
      if (!isDefault || name === "text") query.append(name, value);
    }
    return query;
  }

  /** Show only the fields in use: of the types, the stored schedule, the second process. */
  arrange() {
    const compares = this.root.elements.namedItem("compare").checked;
    for (const process of this.root.querySelectorAll("[data-process]")) {
      const value = (name) =>
        this.root.elements.namedItem(`${process.dataset.process}-${name}`).value;
      process.hidden = process.dataset.process === "b" && !compares;
      // Disabled fields are not part of the URL.
      process.disabled = process.hidden;
      for (const holder of process.querySelectorAll("[data-parameters]")) {
        this.showParameters(holder, process.dataset.process, value(holder.dataset.parameters));
      }
      for (const part of process.querySelectorAll("[data-by-type]")) {
        enable(part, !value("stored"));
      }
      enable(process.querySelector("[data-weights]"), value("hyperschedule") === "token_types");
    }
  }

  /** Show the fields of the parameters of a type; values of the same name stay. */
  showParameters(holder, prefix, type) {
    if (holder.dataset.type === type) return;
    if (!this.templates) {
      this.fetching ??= this.fetchTemplates();
      return; // until then, the server ignores parameters of the type before
    }
    for (const { name, value, dataset } of holder.querySelectorAll("[name]")) {
      if (value !== dataset.default) this.typed.set(name, value);
    }
    const { parameters: part } = holder.dataset;
    const template = this.templates.querySelector(
      `template[data-part="${part}"][data-type="${CSS.escape(type)}"]`,
    );
    holder.dataset.type = type;
    holder.replaceChildren(...(template ? [copyFields(template, prefix)] : []));
    for (const input of holder.querySelectorAll("[name]")) {
      input.value = this.typed.get(input.name) ?? input.value;
    }
  }

  /** Get the fields of every type, and show those of the chosen types. */
  async fetchTemplates() {
    const response = await fetch(this.root.dataset.parameters).catch(() => null);
    this.fetching = null;
    if (!response?.ok) return; // the next input tries again
    this.templates = new DOMParser().parseFromString(await response.text(), "text/html");
    this.root.dispatchEvent(new Event("input"));
  }

  get protectedTypes() {
    const boxes = this.root.querySelectorAll("[name=protect_types]:checked");
    return new Set([...boxes].map((box) => box.value));
  }

  /** Return the positions in the field; the server reports text that is not a number. */
  get protectedPositions() {
    const words = this.protectBox.value.split(/[\s,]+/).filter(Boolean);
    return new Set(words.map(Number));
  }

  set protectedPositions(positions) {
    this.protectBox.value = [...positions].sort((a, b) => a - b).join(", ");
  }

  /** Set fields to the values of a query, which has another text. */
  fill(query) {
    this.protectedPositions = new Set();
    for (const [name, value] of query) this.root.elements.namedItem(name).value = value;
    this.root.dispatchEvent(new Event("input"));
  }

  set seed(value) {
    this.root.elements.namedItem("seed").value = value;
    this.root.dispatchEvent(new Event("input"));
  }

  /** Show messages next to their fields, and remove those that no longer apply. */
  showErrors(errors) {
    for (const field of this.root.querySelectorAll("[data-field]")) {
      const name = field.dataset.field;
      const messages = errors.filter((error) => error.field === name);
      field.querySelector(".errorlist")?.remove();
      const input = field.querySelector("input, select, textarea");
      const help = field.querySelector(".helptext")?.id;
      input.removeAttribute("aria-invalid");
      describe(input, [help]);
      if (!messages.length) continue;
      input.setAttribute("aria-invalid", "true");
      field.querySelector("label, legend").after(element(
        "ul", { class: "errorlist", id: `id_${name}_error` },
        ...messages.map(({ message }) => element("li", {}, ...withCode(message))),
      ));
      describe(input, [help, `id_${name}_error`]);
      const details = field.closest("details");
      if (details) details.open = true;
    }
  }
}

function describe(input, ids) {
  const known = ids.filter(Boolean).join(" ");
  if (known) input.setAttribute("aria-describedby", known);
  else input.removeAttribute("aria-describedby");
}

function enable(row, isOn) {
  row.hidden = !isOn;
  for (const input of row.querySelectorAll("input, select, textarea")) input.disabled = !isOn;
}

/** Return the fields of a template, with the names and ids of a process. */
function copyFields(template, prefix) {
  const copy = template.content.cloneNode(true);
  for (const part of copy.querySelectorAll("*")) {
    for (const name of ["name", "data-field"]) change(part, name, (old) => `${prefix}-${old}`);
    for (const name of ["id", "for", "aria-describedby"]) {
      change(part, name, (old) => old.replace(/^id_/, `id_${prefix}-`));
    }
  }
  return copy;
}

function change(part, name, write) {
  if (part.hasAttribute(name)) part.setAttribute(name, write(part.getAttribute(name)));
}
