/** Code for the same noise; timestep and protection follow the page. */

import { offerCopies } from "../copy.js";
import { element } from "../elements.js";

export class Snippets {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.slots = [];
  }

  /** Show the snippets of some processes; those that were open stay open. */
  set(processes) {
    const open = new Set(
      [...this.root.querySelectorAll("details[open] > summary")].map((e) => e.textContent),
    );
    this.slots = [];
    const blocks = processes.flatMap(({ label, snippets }) =>
      snippets.map(({ name, parts }) => {
        const title = processes.length > 1 ? `${label.toUpperCase()}: ${name}` : name;
        const code = element("code", {}, ...parts.map((part) => this.part(label, part)));
        const block = element(
          "details", {}, element("summary", {}, title),
          element("pre", { tabindex: "0", "data-copy": title }, code),
        );
        block.open = open.has(title);
        return block;
      }));
    this.root.replaceChildren(...blocks);
    offerCopies(this.root);
  }

  /** Write a value into the slots with this name in the snippets of a process. */
  fill(label, name, text) {
    for (const slot of this.slots) {
      if (slot.label === label && slot.name === name) slot.node.data = text;
    }
  }

  part(label, { text, slot }) {
    const node = document.createTextNode(text);
    if (slot) this.slots.push({ label, name: slot, node });
    return node;
  }
}
