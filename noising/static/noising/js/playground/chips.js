/**
 * The tokens of a process as a row of buttons. Each shows a token and toggles its protection.
 *
 * A button is as wide as the longest text that it will ever show, so nothing moves while
 * tokens change, and a frame paints only the buttons that change.
 */

import { element } from "../elements.js";
import { visible } from "./visible.js";

const WIDEST = 16; // characters; what is longer is cut
const STRIDES = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };

export class Chips {
  /**
   * @param {object} tokens ids, texts and types of the clean tokens.
   * @param {string[][]} later the further texts that each position will show.
   * @param {string} label the accessible name of the row.
   * @param {(position: number) => void} choose called with a position whose protection to toggle.
   */
  constructor({ ids, texts, types }, later, label, choose) {
    this.ids = ids;
    this.types = types;
    this.clean = texts.map(visible);
    this.chips = ids.map((_, position) => element("button", {
      type: "button", tabindex: position ? "-1" : "0", "data-position": position,
    }));
    this.chips.forEach((chip, position) => {
      const shown = [this.clean[position], ...later[position].map(visible)];
      const lengths = shown.map((text) => [...cut(text)].length);
      const widest = Math.max(1, ...lengths);
      chip.style.width = `calc(${widest}ch + 0.7em + 2px)`;
      chip.append(""); // a text that is changed in place costs no new node
    });
    this.here = 0;
    this.root = element(
      "div", { class: "tokens", role: "group", "aria-label": label }, ...this.chips,
    );
    this.root.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-position]");
      if (!chip) return;
      this.standAt(Number(chip.dataset.position));
      choose(this.here);
    });
    this.root.addEventListener("keydown", (event) => this.moveByKey(event));
  }

  /** Show the current token of a position. */
  show(position, { id, text, isMask, isProtected }) {
    const chip = this.chips[position];
    const isNoised = id !== this.ids[position];
    const read = isNoised ? visible(text) : this.clean[position];
    const kind = this.types[position];
    let look = `token type-${kind}`;
    let title = `position ${position}, ${kind}, id ${this.ids[position]}`;
    if (isNoised) {
      look += isMask ? " is-noised is-mask" : " is-noised";
      title += ` (${this.clean[position]}), now id ${id} (${read})`;
    }
    if (isProtected) {
      look += " is-protected";
      title += ", protected";
    }
    chip.firstChild.data = cut(read);
    chip.className = look;
    chip.title = title;
    const pressed = String(isProtected);
    if (chip.getAttribute("aria-pressed") !== pressed) chip.setAttribute("aria-pressed", pressed);
  }

  /** Move with the arrow keys; the whole row is one tab stop. */
  moveByKey(event) {
    const last = this.chips.length - 1;
    let to = null;
    if (event.key in STRIDES) to = this.here + STRIDES[event.key];
    if (event.key === "Home") to = 0;
    if (event.key === "End") to = last;
    if (to === null) return;
    event.preventDefault();
    this.standAt(Math.min(last, Math.max(0, to)));
    this.chips[this.here].focus();
  }

  standAt(position) {
    this.chips[this.here].tabIndex = -1;
    this.here = position;
    this.chips[position].tabIndex = 0;
  }
}

function cut(text) {
  const characters = [...text];
  return characters.length > WIDEST ? `${characters.slice(0, WIDEST - 1).join("")}…` : text;
}
