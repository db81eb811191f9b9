/**
 * The tokens of a process as running text, with the line breaks of the clean text. Each
 * token shows a card with what it was, on which it can be protected.
 */

import { element } from "../elements.js";
import { tokenCard } from "./card.js";
import { Lines, sliceOf } from "./lines.js";
import { block, readable, visible } from "./visible.js";

const WIDEST = 12; // characters of a noised token; what is longer is cut
const STRIDES = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };

export class Flow {
  /**
   * @param {object} tokens ids, texts, types and breaks of the clean tokens.
   * @param {object} future changes, [timestep, id] for each position, and the last timestep.
   * @param {string} label the accessible name of the text.
   * @param {object} page textOf(id), maskId, isProtected(position), fixed(position): why the
   *   protection of a position cannot be changed, and choose(position), which changes it.
   */
  constructor({ ids, texts, types, breaks }, future, label, page) {
    Object.assign(this, { ids, types, breaks, future, page });
    this.cleanTexts = texts;
    this.clean = texts.map(readable);
    this.now = Int32Array.from(ids);
    this.here = 0;
    this.hanging = new Map(); // lines by the position of their first token
    this.tokens = ids.map((_, position) => {
      const token = element("span", {
        role: "button", tabindex: position ? "-1" : "0", "data-position": position,
      });
      token.append(""); // a text that is changed in place costs no new node
      return token;
    });
    this.root = element("div", { class: "tokens is-flow", role: "group", "aria-label": label });
    this.listen();
    new ResizeObserver(() => this.layOut()).observe(this.root);
  }

  /** Show the present token of a position. */
  show(position, id) {
    const token = this.tokens[position];
    const isMask = id === this.page.maskId && id !== this.ids[position];
    const wasMask = this.now[position] === this.page.maskId;
    this.now[position] = id;
    let look = `token type-${this.types[position]}`;
    if (id !== this.ids[position]) look += isMask ? " is-noised is-mask" : " is-noised";
    if (this.page.isProtected(position)) look += " is-protected";
    token.firstChild.data = this.textOf(position, id);
    token.className = look;
    if (isMask) token.setAttribute("aria-label", "masked");
    else if (wasMask) token.removeAttribute("aria-label");
    this.indent(position);
    tokenCard.refresh(token);
  }

  /** Let the blank at the beginning of a line hang out; a noised token may have none. */
  indent(position) {
    const line = this.hanging.get(position);
    if (!line) return;
    const hangs = this.tokens[position].textContent.startsWith(" ");
    line.style.textIndent = hangs ? `${-this.lines.blank}px` : "0";
  }

  /** Return what a position shows for an id. */
  textOf(position, id) {
    if (id === this.ids[position]) return this.clean[position];
    if (id === this.page.maskId) return block(this.clean[position]);
    return cut(readable(this.page.textOf(id)));
  }

  /** Return what the card says about a position. */
  describe(position) {
    const [clean, now] = [this.ids[position], this.now[position]];
    return {
      position,
      type: this.types[position],
      was: { id: clean, text: visible(this.cleanTexts[position]) },
      now: { id: now, text: visible(this.page.textOf(now)), isMask: now === this.page.maskId },
      isProtected: this.page.isProtected(position),
      fixed: this.page.fixed(position),
    };
  }

  /** Break the text into lines that fit into the present width. */
  layOut() {
    const room = this.root.clientWidth;
    if (!room || room === this.room) return;
    this.room = room;
    this.lines ??= this.measure();
    const blank = this.lines.blank;
    this.hanging.clear();
    this.root.replaceChildren(...this.lines.within(room - 2 * blank).map((line) => {
      const holder = element("div", { class: "token-line" });
      holder.style.textIndent = `${line.indent * blank}px`;
      holder.append(...this.tokens.slice(line.from, line.to));
      if (line.indent < 0) this.hanging.set(line.from, holder);
      this.indent(line.from);
      return holder;
    }));
  }

  /** Return the lines of tokens whose widths are known. */
  measure() {
    const context = document.createElement("canvas").getContext("2d");
    context.font = getComputedStyle(this.root).font;
    const known = new Map();
    const width = (text) => {
      if (!known.has(text)) known.set(text, context.measureText(text).width);
      return known.get(text);
    };
    const { changes, last } = this.future;
    const tokens = this.clean.map((text, position) => ({
      width: width(text),
      changes: changes[position].map(
        ([timestep, id]) => [sliceOf(timestep, last), width(this.textOf(position, id))],
      ),
      opens: /^\s/.test(text) || (position > 0 && /\s$/.test(this.clean[position - 1])),
      hasBlank: text.startsWith(" "),
      after: this.breaks[position],
    }));
    return new Lines(tokens, width(" "));
  }

  listen() {
    const tokenOf = (event) => event.target.closest("[data-position]");
    const open = (token, isPinned) => {
      const position = Number(token.dataset.position);
      tokenCard.show(token, {
        describe: () => this.describe(position),
        choose: () => this.page.choose(position),
      }, isPinned);
    };
    this.root.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch" && tokenOf(event)) open(tokenOf(event), false);
    });
    this.root.addEventListener("pointerleave", () => tokenCard.leave());
    this.root.addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) open(tokenOf(event), false);
    });
    this.root.addEventListener("focusout", (event) => tokenCard.blur(event.relatedTarget));
    this.root.addEventListener("click", (event) => {
      const token = tokenOf(event);
      if (!token) return;
      this.standAt(Number(token.dataset.position));
      if (tokenCard.isPinnedTo(token)) tokenCard.hide();
      else open(token, true);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        open(tokenOf(event), true);
        tokenCard.focus();
      } else this.moveByKey(event);
    });
  }

  /** Move with the arrow keys; the whole text is one tab stop. */
  moveByKey(event) {
    const last = this.tokens.length - 1;
    let to = null;
    if (event.key in STRIDES) to = this.here + STRIDES[event.key];
    if (event.key === "Home") to = 0;
    if (event.key === "End") to = last;
    if (to === null) return;
    event.preventDefault();
    this.standAt(Math.min(last, Math.max(0, to)));
    this.tokens[this.here].focus();
  }

  standAt(position) {
    this.tokens[this.here].tabIndex = -1;
    this.here = position;
    this.tokens[position].tabIndex = 0;
  }
}

function cut(text) {
  const characters = [...text];
  return characters.length > WIDEST ? `${characters.slice(0, WIDEST - 1).join("")}…` : text;
}
