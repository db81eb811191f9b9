/** The dashboard's small playground: a proof under one process, with a slider. */

import { post, read } from "../api.js";
import { Panel } from "../playground/panel.js";
import { Player } from "../playground/player.js";
import { Texts } from "../playground/texts.js";

class SmallPlayground {
  constructor(root) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    this.addresses = root.dataset;
    this.problem = part("problem");
    this.holder = part("tokens");
    this.link = part("playground");
    this.form = part("controls");
    this.form.hidden = false;
    this.texts = new Texts(root.dataset.detokenize);
    this.positions = new Set();
    this.player = new Player(part("player"), {
      show: (timestep) => this.panel?.show(timestep),
      rest: () => this.rest(),
    });
    for (const choice of this.form.querySelectorAll("select")) {
      choice.addEventListener("change", () => this.load());
    }
  }

  get query() {
    const query = new URLSearchParams(new FormData(this.form));
    query.set("timestep", String(this.player.timestep));
    return query;
  }

  async load() {
    this.pending?.abort();
    this.pending = new AbortController();
    const { signal } = this.pending;
    try {
      const state = await read(`${this.addresses.state}?${this.query}`, signal);
      if (!state.processes) throw new Error(state.errors.map((each) => each.message).join(" "));
      await this.take(state, signal);
      this.problem.hidden = true;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.problem.textContent = error.message;
      this.problem.hidden = false;
    }
  }

  async take(state, signal) {
    const [process] = state.processes;
    const response = await post(this.addresses.trajectory, process.request, signal);
    const changed = response.changes.flatMap((own) => own.map(([, id]) => id));
    const textOf = await this.texts.of(
      state.tokenizer, new Set(changed.concat(state.tokens)), signal,
    );
    this.panel = new Panel(state, process, response, {
      textOf: (id) => textOf(id, process.mask_id),
      isProtected: (position) => this.positions.has(position),
      choose: (position) => this.choose(position),
    });
    this.panel.refreshAll();
    this.holder.replaceChildren(this.panel.root);
    this.player.set(process.num_timesteps);
    this.rest();
  }

  /** Protect a position, or remove its protection. */
  choose(position) {
    if (!this.positions.delete(position)) this.positions.add(position);
    this.panel.refresh(position);
    this.panel.counters.write();
    this.rest();
  }

  /** Let the link to the playground show the same. */
  rest() {
    const { query } = this;
    if (this.positions.size) query.set("protect", [...this.positions].join(","));
    this.link.href = `${this.link.pathname}?${query}`;
  }
}

for (const root of document.querySelectorAll("[data-mini]")) {
  new SmallPlayground(root).load();
}
