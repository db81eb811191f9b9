/**
 * A choice of several things as chips, with a field that completes what is typed.
 *
 * The markup is `<select multiple data-chips>` with a label; `data-most` is the limit, and
 * `data-note` of an option is shown behind its text. Without this script the select stays.
 * The field is a combobox with a listbox, as the ARIA Authoring Practices describe it.
 */

import { element } from "./elements.js";

const MOST_SHOWN = 50;

/** Turn every `select[data-chips]` into chips. */
export function offerChips(root) {
  for (const select of root.querySelectorAll("select[data-chips]")) new ChoiceChips(select);
}

class ChoiceChips {
  constructor(select) {
    this.name = select.name;
    this.most = Number(select.dataset.most) || Infinity;
    this.options = [...select.options].map((option) => ({
      value: option.value,
      label: option.text.trim(),
      note: option.dataset.note ?? "",
    }));
    this.chosen = [];
    this.active = -1;
    this.chips = element("ul", { class: "picked", role: "list" });
    this.list = element("ul", {
      id: `${select.id}-list`, class: "suggestions", role: "listbox", hidden: "",
      "aria-label": select.dataset.chips,
    });
    this.input = element("input", {
      id: select.id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "Type to search",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
      "aria-describedby": `${select.id}-count`,
    });
    this.count = element("span", { id: `${select.id}-count`, class: "muted picked-count" });
    this.spoken = element("span", { class: "visually-hidden", role: "status" });
    this.holder = element(
      "div", { class: "choice-chips" },
      this.chips,
      element("div", { class: "choice-chips-field" }, this.input, this.list),
      this.count,
      this.spoken,
    );
    for (const option of select.selectedOptions) {
      this.chosen.push(this.options.find((one) => one.value === option.value));
    }
    select.replaceWith(this.holder);
    this.draw();
    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.close());
    // The field keeps the focus while an option is clicked.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => {
      const item = target.closest("[role=option]");
      if (item) this.add(this.matches[[...this.list.children].indexOf(item)]);
    });
  }

  onKey(event) {
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) this.open();
      this.moveBy(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && isOpen && this.active >= 0) {
      event.preventDefault();
      this.add(this.matches[this.active]);
    } else if (event.key === "Escape" && (isOpen || this.input.value)) {
      event.preventDefault();
      if (!isOpen) this.input.value = "";
      this.close();
    } else if (event.key === "Backspace" && !this.input.value && this.chosen.length) {
      this.remove(this.chosen.at(-1));
    }
  }

  /** Show the options that match what is typed; the first of them is active. */
  open() {
    const words = this.input.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    const isFull = this.chosen.length >= this.most;
    const rest = isFull ? [] : this.options.filter((one) => !this.chosen.includes(one));
    this.matches = findMatches(rest, words).slice(0, MOST_SHOWN);
    this.list.replaceChildren(...this.matches.map(({ label, note }, place) => element(
      "li", { role: "option", id: `${this.list.id}-${place}`, "aria-selected": "false" },
      element("bdi", {}, label), " ", element("span", { class: "muted" }, note),
    )));
    this.list.hidden = !this.matches.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.activate(words.length && this.matches.length ? 0 : -1);
    const found = this.matches.length;
    if (isFull) this.say(`At most ${this.most} can be chosen.`);
    else if (found) this.say(`${found} suggestion${found === 1 ? "" : "s"}.`);
    else this.say("Nothing matches.");
    this.input.toggleAttribute("aria-invalid", Boolean(words.length) && !found);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }

  moveBy(step) {
    const count = this.matches.length;
    if (!count) return;
    const from = this.active < 0 && step < 0 ? 0 : this.active;
    this.activate((from + step + count) % count);
  }

  activate(place) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = place;
    const item = this.list.children[place];
    if (!item) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", item.id);
  }

  add(option) {
    this.chosen.push(option);
    this.input.value = "";
    this.close();
    this.draw();
    this.say(`${option.label} added.`);
  }

  remove(option) {
    this.chosen.splice(this.chosen.indexOf(option), 1);
    this.close();
    this.draw();
    this.say(`${option.label} removed.`);
    this.input.focus();
  }

  draw() {
    this.chips.replaceChildren(...this.chosen.map((option) => {
      const button = element("button", {
        type: "button", class: "picked-remove", "aria-label": `Remove ${option.label}`,
      }, "×");
      button.addEventListener("click", () => this.remove(option));
      return element(
        "li", { class: "picked-item" },
        element("bdi", {}, option.label),
        button,
        element("input", { type: "hidden", name: this.name, value: option.value }),
      );
    }));
    this.chips.hidden = !this.chosen.length;
    const limit = Number.isFinite(this.most) ? ` of at most ${this.most}` : "";
    this.count.textContent = `${this.chosen.length}${limit} chosen`;
  }

  say(text) {
    this.spoken.textContent = text;
  }
}

/** Return the options with all words, those first whose names begin with the first word. */
function findMatches(options, words) {
  const [first = ""] = words;
  const rank = ({ label }) => {
    const place = label.toLowerCase().indexOf(first);
    return place < 0 ? 2 : Math.min(place, 1);
  };
  return options
    .filter(({ label, note }) => {
      const text = `${label} ${note}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b));
}
