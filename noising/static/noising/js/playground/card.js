/**
 * A card next to a token: what the token was and is, and a button to protect it. It shows
 * while the pointer or the keyboard is at the token; a click or tap pins it.
 */

import { element } from "../elements.js";

const LEAVING_MS = 200; // to move the pointer from the token to the card
const GAP = 6;

class TokenCard {
  constructor() {
    this.texts = element("p", { class: "token-card-texts" });
    this.facts = element("p", { class: "muted" });
    this.fixed = element("p", { class: "muted" });
    this.button = element("button", { type: "button", class: "button-quiet" });
    this.root = element(
      "div", { class: "token-card", id: "token-card", hidden: "" },
      this.texts, this.facts, this.fixed, this.button,
    );
    this.token = null;
    this.isPinned = false;
    this.button.addEventListener("click", () => {
      this.calls.choose();
      this.refresh(this.token);
    });
    this.root.addEventListener("pointerenter", () => clearTimeout(this.leaving));
    this.root.addEventListener("pointerleave", () => this.leave());
    this.root.addEventListener("focusout", (event) => this.blur(event.relatedTarget));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.token) return;
      if (this.root.contains(document.activeElement)) this.token.focus();
      this.hide();
    });
    document.addEventListener("pointerdown", (event) => {
      const isInside = this.root.contains(event.target) || this.token?.contains(event.target);
      if (this.isPinned && !isInside) this.hide();
    });
  }

  /**
   * Show the card at a token; one that is pinned to another token stays there.
   *
   * @param {HTMLElement} token
   * @param {object} calls describe(), as in flow.js, and choose(), which toggles protection.
   * @param {boolean} isPinned whether it stays when the pointer leaves.
   */
  show(token, calls, isPinned) {
    if (this.isPinned && !isPinned) return;
    clearTimeout(this.leaving);
    if (!this.root.isConnected) document.body.append(this.root);
    if (this.token !== token) this.release();
    this.token = token;
    this.calls = calls;
    this.isPinned = isPinned;
    token.classList.add("is-current");
    token.setAttribute("aria-describedby", this.root.id);
    this.root.hidden = false;
    this.refresh(token);
    this.place();
  }

  /** Write the card again if it is at this token. */
  refresh(token) {
    if (!token || token !== this.token) return;
    token.classList.add("is-current");
    const { position, type, was, now, isProtected, fixed } = this.calls.describe();
    const isNoised = was.id !== now.id;
    const present = now.isMask ? ["masked"] : [element("code", {}, now.text)];
    this.texts.replaceChildren(...(isNoised
      ? ["was ", element("code", {}, was.text), ", now ", ...present]
      : [element("code", {}, was.text), " unchanged"]));
    const ids = isNoised ? `id ${was.id}, now id ${now.id}` : `id ${was.id}`;
    const suffix = isProtected ? " · protected" : "";
    this.facts.textContent = `position ${position} · ${type} · ${ids}${suffix}`;
    this.fixed.textContent = fixed;
    this.fixed.hidden = !fixed;
    this.button.hidden = Boolean(fixed);
    this.button.textContent = isProtected ? "Remove protection" : "Protect";
  }

  /** Hide the card soon, unless it is pinned or the pointer moves onto it. */
  leave() {
    if (this.isPinned) return;
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => this.hide(), LEAVING_MS);
  }

  /** Hide the card when the focus goes elsewhere than to the card or its token. */
  blur(next) {
    const isNear = next && (this.root.contains(next) || next === this.token);
    if (this.token && !isNear && !(this.isPinned && !next)) this.hide();
  }

  focus() {
    if (!this.button.hidden) this.button.focus();
  }

  isPinnedTo(token) {
    return this.isPinned && this.token === token;
  }

  hide() {
    clearTimeout(this.leaving);
    this.release();
    this.token = null;
    this.isPinned = false;
    this.root.hidden = true;
  }

  release() {
    this.token?.classList.remove("is-current");
    this.token?.removeAttribute("aria-describedby");
  }

  /** Put the card under its token, or above it where there is no room. */
  place() {
    const at = this.token.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const { clientWidth, clientHeight } = document.documentElement;
    const left = Math.max(GAP, Math.min(at.left, clientWidth - width - GAP));
    const isBelow = at.bottom + GAP + height <= clientHeight || at.top < height + GAP;
    const top = isBelow ? at.bottom + GAP : at.top - GAP - height;
    this.root.style.left = `${left + scrollX}px`;
    this.root.style.top = `${top + scrollY}px`;
  }
}

export const tokenCard = new TokenCard();
