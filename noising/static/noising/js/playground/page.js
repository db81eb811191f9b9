/**
 * The playground. The server parses the form (state.json). After that, slider, play button
 * and protection need no request.
 */

import { read } from "../api.js";
import { copyText } from "../copy.js";
import { element } from "../elements.js";
import { withCode } from "../sentences.js";
import { Curves } from "./curves.js";
import { offerDenoising } from "./denoising.js";
import { Form, LONGEST_QUERY } from "./form.js";
import { Player } from "./player.js";
import { Snippets } from "./snippets.js";
import { Stage } from "./stage.js";

const PAUSE_MS = 250; // after the last key, until the request is sent
const EMBED_MARGIN = 150; // pixels around the panels in an embedded page

class Playground {
  constructor(root) {
    const part = (name) => root.querySelector(`[data-${name}]`);
    this.addresses = root.dataset;
    this.hasDenoiser = "denoiser" in root.dataset;
    this.status = part("status");
    this.problem = part("problem");
    this.form = new Form(root.querySelector("form"));
    this.curves = new Curves(part("curves"));
    this.snippets = new Snippets(part("snippets"));
    this.stage = new Stage(part("panels"), root.dataset, {
      isProtected: (position) => this.isProtected(position),
      fixed: (position) => this.fixed(position),
      choose: (position) => this.choose(position),
    });
    this.positions = this.form.protectedPositions;
    this.types = this.form.protectedTypes;
    this.player = new Player(part("player"), {
      show: (timestep) => this.show(timestep),
      rest: () => this.rest(),
    });
    this.player.followSpace();
    for (const shown of root.querySelectorAll("[data-only-scripts]")) shown.hidden = false;
    for (const gone of root.querySelectorAll("[data-without-scripts]")) gone.hidden = true;
    this.offerButtons(part("new-seed"), part("share"), part("embed-code"));
    for (const link of root.querySelectorAll("[data-example]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.form.fill(new URLSearchParams(link.search));
      });
    }
    this.form.root.addEventListener("submit", (event) => event.preventDefault());
    this.form.onChange(() => this.changed());
  }

  offerButtons(newSeed, share, embed) {
    this.copies = [share, embed].filter(Boolean);
    newSeed.hidden = share.hidden = false;
    newSeed.addEventListener("click", () => {
      this.form.seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    });
    share.addEventListener("click", () => {
      if (this.isTooLong()) this.refuseLength();
      else copyText(this.link(), share);
    });
    if (!embed) return; // the service needs an account
    embed.hidden = false;
    embed.addEventListener("click", () => {
      if (this.isTooLong()) this.refuseLength();
      else copyText(this.embedCode(embed.dataset.embedCode), embed);
    });
  }

  /** Return the page's URL with all settings. */
  link() {
    const query = this.form.query;
    query.set("timestep", String(this.player.timestep));
    return `${location.origin}${location.pathname}?${query}`;
  }

  /** Return HTML that shows the present state inside another page. */
  embedCode(path) {
    const frame = element("iframe", {
      src: `${location.origin}${path}${new URL(this.link()).search}`,
      title: "Tokens under noise",
      width: "100%",
      frameborder: "0", // a style would need the consent of the other page's policy
      height: this.stage.holder.offsetHeight + EMBED_MARGIN,
      loading: "lazy",
    });
    return frame.outerHTML;
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
      await this.stage.take(state, signal);
      this.take(state);
      this.problem.hidden = true;
      this.setCopies(true);
      this.rest();
    } catch (error) {
      if (error.name !== "AbortError") this.refuse([{ message: error.message }]);
    }
  }

  take(state) {
    for (const panel of this.hasDenoiser ? this.stage.panels : []) {
      offerDenoising(panel, () => this.denoisedAt(panel));
    }
    this.snippets.set(state.processes);
    this.draw();
    this.player.set(this.stage.first);
  }

  show(timestep) {
    this.stage.show(timestep);
    this.curves.mark(timestep);
  }

  /** Update the parts that need not follow every frame. */
  rest() {
    if (!this.isTooLong()) history.replaceState(null, "", this.link());
    this.status.textContent = this.stage.panels.map((panel) => panel.sentence).join(" ");
    this.fillSnippets();
  }

  fillSnippets() {
    const positions = this.stage.state?.tokens.flatMap((_, position) =>
      (this.isProtected(position) ? [position] : []));
    for (const panel of this.stage.panels) {
      const { label } = panel.process;
      this.snippets.fill(label, "timestep", String(panel.timestep));
      this.snippets.fill(label, "protect", `[${positions.join(", ")}]`);
    }
  }

  draw() {
    const { panels, first } = this.stage;
    const label = panels.length > 1 ? "timestep of process A" : "timestep";
    this.curves.set(panels.flatMap((panel) => panel.lines(first)), label);
    this.curves.mark(this.player.timestep);
  }

  isProtected(position) {
    return this.positions.has(position) || this.types.has(this.stage.state.types[position]);
  }

  /** Return why the protection of a position cannot be changed by itself, or "". */
  fixed(position) {
    const type = this.stage.state.types[position];
    return this.types.has(type) ? `All ${type} tokens are protected.` : "";
  }

  /** Protect a position, or remove its protection. */
  choose(position) {
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
    if (!this.stage.panels.length) return;
    this.stage.refresh();
    this.draw();
  }

  /** A link to fields with errors would open as an error. */
  setCopies(isOn) {
    for (const button of this.copies) button.disabled = !isOn;
  }

  denoisedAt(panel) {
    const query = new URL(this.link()).searchParams;
    query.append("denoise", panel.process.label);
    return `${this.addresses.state}?${query}`;
  }

  /** Show an error; the previous content stays. */
  refuse(errors) {
    this.form.showErrors(errors);
    this.setCopies(!errors.some(({ field }) => field));
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
