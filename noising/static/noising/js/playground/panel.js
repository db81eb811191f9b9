/** The tokens under one process at a timestep: chips and counters. */

import { element } from "../elements.js";
import { short } from "../numbers.js";
import { Chips } from "./chips.js";
import { Counters } from "./counters.js";
import { History } from "./history.js";

export class Panel {
  /**
   * @param {object} state tokens, texts and types of the page's state.
   * @param {object} process label, title, num_timesteps, mask_id of the state's process.
   * @param {object} history the response of POST /api/v1/trajectory.
   * @param {object} page textOf(id), isProtected(position), choose(position).
   */
  constructor(state, process, history, page) {
    this.page = page;
    this.process = process;
    this.history = new History(state.tokens, history);
    const name = process.label.toUpperCase();
    const tokens = { ids: state.tokens, texts: state.texts, types: state.types };
    const later = this.history.later.map((ids) => ids.map(page.textOf));
    this.chips = new Chips(tokens, later, `Tokens of process ${name}`, page.choose);
    this.counters = new Counters(state.types);
    this.line = element("p", { class: "muted" });
    this.rest = element("div");
    const title = `panel-${process.label}`;
    this.root = element(
      "section", { class: "card panel", "aria-labelledby": title, "data-panel": process.label },
      element(
        "div", { class: "panel-head" },
        element("h2", { id: title }, `${name}: ${process.title}`), this.line,
      ),
      this.counters.root, this.chips.root, this.rest,
    );
  }

  /** Return the timestep of this process nearest in time to one of the first process. */
  aligned(timestep, first) {
    const own = this.process.num_timesteps;
    return Math.max(
      0, Math.floor(((timestep + 1) * own * 2 + first) / (2 * first)) - 1,
    );
  }

  /** Show the tokens at a timestep of this process; update only those that change. */
  show(timestep) {
    for (const position of this.history.moveTo(timestep)) this.refresh(position);
    this.counters.write();
    this.timestep = timestep;
    this.alpha = this.history.alphaAt(timestep);
    this.line.textContent = `timestep ${timestep} · alpha ${this.alpha.toFixed(4)}`;
  }

  /** Show every position again. */
  refreshAll() {
    this.history.tokens.forEach((_, position) => this.refresh(position));
    this.counters.write();
  }

  refresh(position) {
    const isProtected = this.page.isProtected(position);
    const clean = this.history.tokens[position];
    const id = isProtected ? clean : this.history.state[position];
    this.counters.note(position, Number(id !== clean));
    this.chips.show(position, {
      id, text: this.page.textOf(id), isMask: id === this.process.mask_id, isProtected,
    });
  }

  /** Return the lines of the chart, over the timesteps of the first process. */
  lines(first) {
    const own = this.process.num_timesteps;
    const x = {
      timestep: this.history.timesteps.map((k) => ((k + 1) * first) / own - 1),
    };
    const name = this.process.label.toUpperCase();
    const style = this.process.label === "a" ? 0 : 1;
    return [
      { name: `${name}: alpha`, x, y: this.history.alphas, style },
      {
        name: `${name}: share unchanged`, x, style: style + 7, // the same colour, dotted
        y: this.history.unchanged(this.page.isProtected),
      },
    ];
  }

  /** Return the text for screen readers when the slider has stopped. */
  get sentence() {
    const { changed, totals } = this.counters;
    const name = this.process.label.toUpperCase();
    return `${name}: alpha ${short(this.alpha)}, ${changed.all} of ${totals.all} changed.`;
  }
}
