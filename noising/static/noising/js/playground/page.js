/**
 * The playground. The server parses the form (state.json), and the API returns the whole
 * history of the tokens, once for each process. After that, slider, play button and
 * protection need no request.
 */

import { post, read } from "../api.js";
import { copyText } from "../copy.js";
import { element } from "../elements.js";
import { withCode } from "../sentences.js";
import { Curves } from "./curves.js";
import { offerDenoising } from "./denoising.js";
import { Form, LONGEST_QUERY } from "./form.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { Snippets } from "./snippets.js";
import { Texts } from "./texts.js";

const PAUSE_MS = 250; // after the last key, until the request is sent

class Playground {
  constructor(root) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    this.addresses = root.dataset;
    this.hasDenoiser = "denoiser" in root.dataset;
    this.status = part("status");
    this.problem = part("problem");
    this.holder = part("panels");
    this.form = new Form(root.querySelector("form"));
    this.texts = new Texts(root.dataset.detokenize);
    this.curves = new Curves(part("curves"));
    this.snippets = new Snippets(part("snippets"));
    this.histories = new Map();
    this.panels = [];
    this.positions = this.form.protectedPositions;
    this.types = this.form.protectedTypes;
    this.player = new Player(part("player"), {
      show: (timestep) => this.show(timestep),
      rest: () => this.rest(),
    });
    for (const shown of root.querySelectorAll("[data-only-scripts]")) shown.hidden = false;
    for (const gone of root.querySelectorAll("[data-without-scripts]")) gone.hidden = true;
    this.offerButtons(part("new-seed"), part("share"));
    this.form.root.addEventListener("submit", (event) => event.preventDefault());
    this.form.onChange(() => this.changed());
  }

  offerButtons(newSeed, share) {
    newSeed.hidden = share.hidden = false;
    newSeed.addEventListener("click", () => {
      this.form.seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    });
    share.addEventListener("click", () => {
      if (this.isTooLong()) this.refuseLength();
      else copyText(this.link(), share);
    });
  }

  /** Return the page's URL with all settings. */
  link() {
    const query = this.form.query;
    query.set("timestep", String(this.player.timestep));
    return `${location.origin}${location.pathname}?${query}`;
  }

  isTooLong() {
    return new URL(this.link()).search.length > LONGEST_QUERY;
  }

  refuseLength() {
    const { length } = new URL(this.link()).search;
    const message = `A URL holds ${LONGEST_QUERY} characters, but this text needs ${length}`
      + ", since other letters than a to z take up to nine: shorten it.";
    this.refuse([{ field: "text", label: "Text", message }]);
  }

  changed() {
    this.protect();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.load(), PAUSE_MS);
  }

  /** Request the state for the form, and the histories that are new. */
  async load() {
    this.pending?.abort();
    this.pending = new AbortController();
    const { signal } = this.pending;
    const query = this.form.query;
    query.set("timestep", String(this.player.timestep));
    if (this.isTooLong()) {
      this.refuseLength();
      return;
    }
    try {
      const state = await read(`${this.addresses.state}?${query}`, signal);
      this.form.showErrors(state.errors);
      if (!state.processes) {
        this.refuse(state.errors);
        return;
      }
      await this.take(state, signal);
      this.problem.hidden = true;
      this.rest();
    } catch (error) {
      if (error.name !== "AbortError") this.refuse([{ message: error.message }]);
    }
  }

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
        textOf: (id) => textOf(id, process.mask_id),
        isProtected: (position) => this.isProtected(position),
        choose: (position) => this.choose(position),
      }));
    for (const panel of this.panels) {
      panel.refreshAll();
      if (this.hasDenoiser) offerDenoising(panel, () => this.denoisedAt(panel));
    }
    this.holder.replaceChildren(...this.panels.map((panel) => panel.root));
    this.snippets.set(state.processes);
    this.draw();
    this.player.set(this.first);
  }

  async history(request, signal) {
    return this.histories.get(request) ?? post(this.addresses.trajectory, request, signal);
  }

  /** Return the number of timesteps of the first process, which the slider has. */
  get first() {
    return this.panels[0].process.num_timesteps;
  }

  show(timestep) {
    for (const panel of this.panels) panel.show(panel.aligned(timestep, this.first));
    this.curves.mark(timestep);
  }

  /** Update the parts that need not follow every frame. */
  rest() {
    history.replaceState(null, "", this.link());
    this.status.textContent = this.panels.map((panel) => panel.sentence).join(" ");
    this.fillSnippets();
  }

  fillSnippets() {
    const positions = this.state?.tokens.flatMap((_, position) =>
      (this.isProtected(position) ? [position] : []));
    for (const panel of this.panels) {
      const { label } = panel.process;
      this.snippets.fill(label, "timestep", String(panel.timestep));
      this.snippets.fill(label, "protect", `[${positions.join(", ")}]`);
    }
  }

  draw() {
    this.curves.set(this.panels.flatMap((panel) => panel.lines(this.first)));
    this.curves.mark(this.player.timestep);
  }

  isProtected(position) {
    return this.positions.has(position) || this.types.has(this.state.types[position]);
  }

  /** Protect a position, or remove its protection. */
  choose(position) {
    if (this.types.has(this.state.types[position])) {
      this.status.textContent = `All ${this.state.types[position]} tokens are protected.`;
      return;
    }
    const positions = new Set(this.positions);
    if (!positions.delete(position)) positions.add(position);
    this.form.protectedPositions = positions;
    this.protect();
    this.rest();
  }

  /** Apply the protection in the form. */
  protect() {
    const [positions, types] = [this.form.protectedPositions, this.form.protectedTypes];
    if (isSame(positions, this.positions) && isSame(types, this.types)) return;
    this.positions = positions;
    this.types = types;
    if (!this.panels.length) return;
    for (const panel of this.panels) panel.refreshAll();
    this.draw();
  }

  denoisedAt(panel) {
    const query = new URL(this.link()).searchParams;
    query.append("denoise", panel.process.label);
    return `${this.addresses.state}?${query}`;
  }

  /** Show an error; the previous content stays. */
  refuse(errors) {
    this.form.showErrors(errors);
    const items = errors.map(({ label, message }) =>
      element("li", {}, label ? `${label}: ` : "", element("bdi", {}, ...withCode(message))));
    this.problem.replaceChildren(element("ul", {}, ...items));
    this.problem.hidden = !items.length;
  }
}

function isSame(one, other) {
  return one.size === other.size && [...one].every((item) => other.has(item));
}

for (const root of document.querySelectorAll("[data-playground]")) {
  new Playground(root).load();
}
