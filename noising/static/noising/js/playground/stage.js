/**
 * The panels of a state of the playground. The API returns the whole history of the tokens,
 * once for each process. After that, no timestep needs a request.
 */

import { post } from "../api.js";
import { Panel } from "./panel.js";
import { Texts } from "./texts.js";

export class Stage {
  /**
   * @param {HTMLElement} holder gets the panels.
   * @param {object} addresses the URLs of POST trajectory and detokenize.
   * @param {object} protection isProtected(position), fixed(position), choose(position); see
   *   flow.js.
   */
  constructor(holder, { trajectory, detokenize }, protection) {
    this.holder = holder;
    this.trajectory = trajectory;
    this.protection = protection;
    this.texts = new Texts(detokenize);
    this.histories = new Map();
    this.panels = [];
  }

  /** Request what is new, and show the panels of a state (state.json). */
  async take(state, signal) {
    const responses = await Promise.all(
      state.processes.map(({ request }) => this.history(request, signal)),
    );
    const ids = new Set(responses.flatMap((response) =>
      response.changes.flatMap((own) => own.map(([, id]) => id))).concat(state.tokens));
    const textOf = await this.texts.of(state.tokenizer, ids, signal);
    // Keep only the histories in use, since they may be large.
    this.histories = new Map(state.processes.map((one, place) => [one.request, responses[place]]));
    this.state = state;
    this.panels = state.processes.map((process, place) =>
      new Panel(state, process, responses[place], {
        ...this.protection, textOf: (id) => textOf(id, process.mask_id),
      }));
    this.refresh();
    this.holder.replaceChildren(...this.panels.map((panel) => panel.root));
  }

  async history(request, signal) {
    return this.histories.get(request) ?? post(this.trajectory, request, signal);
  }

  /** Return the number of timesteps of the first process, which the slider has. */
  get first() {
    return this.panels[0].process.num_timesteps;
  }

  /** Show a timestep of the first process, and the nearest in time of the second. */
  show(timestep) {
    for (const panel of this.panels) panel.show(panel.aligned(timestep, this.first));
  }

  /** Show every position again, since the protection has changed. */
  refresh() {
    for (const panel of this.panels) panel.refreshAll();
  }
}
