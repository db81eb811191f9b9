/** A small playground without a form of its own: a text under noise, with a slider. */

import { read } from "../api.js";
import { Player } from "./player.js";
import { Stage } from "./stage.js";

export class SmallPlayground {
  /**
   * @param {HTMLElement} root has the controls of the player, and data-tokens, data-problem
   *   and data-playground, the link to the playground.
   * @param {() => URLSearchParams} settings returns the query without the timestep.
   */
  constructor(root, settings) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    this.address = root.dataset.state;
    this.settings = settings;
    this.problem = part("problem");
    this.link = part("playground");
    this.positions = new Set(
      (settings().get("protect") ?? "").split(/[\s,]+/).filter(Boolean).map(Number),
    );
    const types = new Set(settings().getAll("protect_types"));
    const typeOf = (position) => this.stage.state.types[position];
    this.stage = new Stage(part("tokens"), root.dataset, {
      isProtected: (position) => this.positions.has(position) || types.has(typeOf(position)),
      fixed: (position) =>
        (types.has(typeOf(position)) ? `All ${typeOf(position)} tokens are protected.` : ""),
      choose: (position) => this.choose(position),
    });
    this.player = new Player(part("player"), {
      show: (timestep) => this.stage.show(timestep),
      rest: () => this.rest(),
    });
  }

  /** Return the query that shows the same in the playground. */
  get query() {
    const query = this.settings();
    query.set("timestep", String(this.player.timestep));
    if (this.positions.size) query.set("protect", [...this.positions].join(","));
    else query.delete("protect");
    return query;
  }

  /** Request the state for the settings, and show it. */
  async load() {
    this.pending?.abort();
    this.pending = new AbortController();
    const { signal } = this.pending;
    try {
      const state = await read(`${this.address}?${this.query}`, signal);
      if (!state.processes) throw new Error(state.errors.map((each) => each.message).join(" "));
      await this.stage.take(state, signal);
      this.player.set(this.stage.first);
      this.rest();
      this.problem.hidden = true;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.problem.textContent = error.message;
      this.problem.hidden = false;
    }
  }

  /** Protect a position, or remove its protection. */
  choose(position) {
    if (!this.positions.delete(position)) this.positions.add(position);
    this.stage.refresh();
    this.rest();
  }

  /** Let the link to the playground show the same. */
  rest() {
    this.link.href = `${this.link.pathname}?${this.query}`;
  }
}
