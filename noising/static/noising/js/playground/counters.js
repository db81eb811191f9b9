/** Counts of unchanged tokens in a row: of all, and of each type. */

import { element } from "../elements.js";

const ALL = "all";
const TYPES = ["critical", "variable", "other"];

export class Counters {
  /** @param {string[]} types the type at each position. */
  constructor(types) {
    this.types = types;
    this.isChanged = new Uint8Array(types.length);
    this.totals = { [ALL]: types.length };
    this.changed = { [ALL]: 0 };
    for (const name of TYPES) {
      this.totals[name] = types.filter((type) => type === name).length;
      this.changed[name] = 0;
    }
    this.written = {};
    const list = element("dl", { class: "counts" });
    this.root = element(
      "div", { class: "unchanged" }, element("p", { class: "muted" }, "Unchanged tokens"), list,
    );
    for (const name of [ALL, ...TYPES]) {
      const percent = element("span");
      const count = element("span", { class: "muted" });
      this.written[name] = { percent, count };
      list.append(element(
        "div", {}, element("dt", {}, name), element("dd", {}, percent, " ", count),
      ));
    }
  }

  /** Record whether a position differs from its clean token. */
  note(position, isChanged) {
    const more = isChanged - this.isChanged[position];
    if (!more) return;
    this.isChanged[position] = isChanged;
    this.changed[ALL] += more;
    this.changed[this.types[position]] += more;
  }

  /** Show the counts. */
  write() {
    for (const [name, { percent, count }] of Object.entries(this.written)) {
      const total = this.totals[name];
      const same = total - this.changed[name];
      const text = `${same} of ${total}`;
      if (count.textContent === text) continue;
      count.textContent = text;
      percent.textContent = total ? `${((100 * same) / total).toFixed(2)} %` : "none";
    }
  }
}
