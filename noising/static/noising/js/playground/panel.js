/** The tokens under one process at a timestep: running text and counters. */

import { element } from "../elements.js";
import { short } from "../numbers.js";
import { Counters } from "./counters.js";
import { Flow } from "./flow.js";
import { History } from "./history.js";

export class Panel {
  /**
   * @param {object} state tokens, texts, types and breaks of the page's state.
   * @param {object} process label, heading, num_timesteps, mask_id of the state's process.
   * @param {object} history the response of POST /api/v1/trajectory.
   * @param {object} page textOf(id), isProtected(position), fixed(position),
   *   choose(position); see flow.js.
   */
  constructor(state, process, history, page) {
    this.page = page;
    this.process = process;
    this.history = new History(state.tokens, history);
    const isAlone = state.processes.length === 1;
    this.prefix = isAlone ? "" : `${process.label.toUpperCase()}: `;
    const { tokens: ids, texts, types, breaks } = state;
    const future = { changes: history.changes, last: history.timesteps.at(-1) };
    const name = isAlone ? "Tokens" : `Tokens of process ${process.label.toUpperCase()}`;
    this.flow = new Flow(
      { ids, texts, types, breaks }, future, name, { ...page, maskId: process.mask_id },
    );
    this.counters = new Counters(state.types);
    this.line = element("p", { class: "muted" });
    this.rest = element("div");
    const title = `panel-${process.label}`;
    this.root = element(
      "section", { class: "card panel", "aria-labelledby": title, "data-panel": process.label },
      element(
        "div", { class: "panel-head" },
        element("h2", { id: title }, process.heading), this.line,
      ),
      this.counters.root, this.flow.root, this.rest,
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
    this.flow.show(position, id);
  }

  /** Return the lines of the chart, over the timesteps of the first process. */
  lines(first) {
    const own = this.process.num_timesteps;
    const x = {
      timestep: this.history.timesteps.map((k) => ((k + 1) * first) / own - 1),
    };
    const style = this.process.label === "a" ? 0 : 1;
    return [
      { name: `${this.prefix}signal left 𝛼(𝑡)`, x, y: this.history.alphas, style },
      {
        name: `${this.prefix}share unchanged`, x, style: style + 7, // the same colour, dotted
        y: this.history.unchanged(this.page.isProtected),
      },
    ];
  }

  /** Return the text for screen readers when the slider has stopped. */
  get sentence() {
    const { changed, totals } = this.counters;
    return `${this.prefix}alpha ${short(this.alpha)}, ${changed.all} of ${totals.all} changed.`;
  }
}
