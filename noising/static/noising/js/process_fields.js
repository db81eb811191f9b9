/**
 * The fields of a noise process, named by the paths of a specification, such as
 * "schedule.beta_max". Every type has a template with its fields.
 */

import { element } from "./elements.js";
import { withCode } from "./sentences.js";

export class ProcessFields {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.typed = new Map(); // what the visitor entered, to keep it over a change of type
    this.sections = new Map();
    for (const section of root.querySelectorAll("[data-part]")) {
      const { part } = section.dataset;
      this.sections.set(part, section);
      this.input(`${part}.type`).addEventListener("change", (event) => {
        this.showType(part, event.target.value);
        for (const input of section.querySelectorAll("[data-kind]")) {
          if (this.typed.has(input.name)) input.value = this.typed.get(input.name);
        }
      });
    }
    root.addEventListener("input", ({ target }) => {
      if (!target.name.endsWith(".type")) this.typed.set(target.name, target.value);
    });
  }

  input(name) {
    return this.root.querySelector(`[data-kind][name="${CSS.escape(name)}"]`);
  }

  /** Disabled fields are not sent. */
  set disabled(isDisabled) {
    for (const input of this.root.querySelectorAll("[data-kind]")) input.disabled = isDisabled;
  }

  /** Return the specification; a text that is no value is in it as it was typed. */
  read() {
    const specification = {};
    for (const input of this.root.querySelectorAll("[data-kind]")) {
      const value = readValue(input.value.trim(), input.dataset.kind);
      if (value === undefined) continue;
      const [part, key] = input.name.split(".");
      if (key) (specification[part] ??= {})[key] = value;
      else specification[part] = value;
    }
    return specification;
  }

  /** Show a specification. An error names what the fields cannot show. */
  write(specification) {
    if (!isObject(specification)) throw new Error("A specification must be a JSON object.");
    for (const [name, value] of Object.entries(specification)) {
      if (this.sections.has(name)) continue;
      const input = this.input(name);
      if (!input) throw new Error(`\`${name}\` is unknown.`);
      input.value = writeValue(value, input.dataset.kind);
    }
    for (const [part, section] of this.sections) {
      const choice = this.input(`${part}.type`);
      const given = specification[part] ?? { type: choice.dataset.default };
      const { type, ...parameters } = isObject(given) ? given : {};
      if (type && !findTemplate(section, type)) {
        throw new Error(`\`${part}.type\` is unknown: ${JSON.stringify(type)}.`);
      }
      if (type === undefined) throw new Error(`\`${part}\` must be an object with a type.`);
      choice.value = type;
      this.showType(part, type);
      for (const [key, value] of Object.entries(parameters)) {
        const input = this.input(`${part}.${key}`);
        if (!input) throw new Error(`\`${part}.${key}\` is unknown.`);
        input.value = writeValue(value, input.dataset.kind);
      }
    }
    for (const input of this.root.querySelectorAll("[data-kind]")) {
      const [part, key] = input.name.split(".");
      if (!key && !(part in specification)) input.value = input.dataset.default;
    }
    this.typed.clear();
  }

  /** Show the fields of a type, with their defaults. */
  showType(part, type) {
    const section = this.sections.get(part);
    const template = findTemplate(section, type);
    section.querySelector("[data-parameters]").replaceChildren(
      ...(template ? [template.content.cloneNode(true)] : []),
    );
    section.querySelector("[data-description]").replaceChildren(
      ...withCode(template?.dataset.description ?? "none"),
    );
  }

  /** Show errors of the API at their fields, and return those that belong to none. */
  showErrors(errors) {
    for (const list of this.root.querySelectorAll(".errorlist")) list.remove();
    for (const input of this.root.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
    }
    return errors.filter(({ pointer, detail }) => {
      const [part, key] = (pointer ?? "").replace("#/specification/", "").split("/");
      const input = this.input(`${part}.${key}`) ?? this.input(part) ?? this.input(`${part}.type`);
      if (!input) return true;
      input.setAttribute("aria-invalid", "true");
      const label = input.labels[0]?.textContent ?? input.name;
      const text = detail.replace(`specification.${input.name}`, label);
      input.before(
        element("ul", { class: "errorlist" }, element("li", {}, ...withCode(text))),
      );
      return false;
    });
  }
}

function findTemplate(section, type) {
  return [...section.querySelectorAll("template")].find((one) => one.dataset.type === type);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readValue(text, kind) {
  if (text === "") return undefined;
  switch (kind) {
    case "number":
      return readNumber(text);
    case "numbers":
      return (text.match(/[^\s,[\]]+/g) ?? []).map(readNumber);
    case "flag":
      return text === "true";
    case "json":
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    default:
      return text;
  }
}

/** Return the number in a text, or the text if it has none or would lose digits. */
function readNumber(text) {
  const number = Number(text);
  const isExact = !/^[+-]?\d+$/.test(text) || Number.isSafeInteger(number);
  return Number.isFinite(number) && isExact ? number : text;
}

function writeValue(value, kind) {
  if (value === null) return "";
  if (kind === "numbers" && Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
