/** Meanings of terms, shown next to them: on hover, on focus, and on tap. */

import { element } from "./elements.js";

const GAP = 6;
const MARGIN = 8;
const MILLISECONDS_TO_REACH_IT = 250;

/**
 * Show a term's meaning instead of the browser's tooltip, which neither keyboard nor
 * touch reaches. A click shows it too and stays on the page: a form may be half filled
 * in. The glossary is one click further, or Enter. Without scripts a term is a link.
 */
export function offerMeanings(root) {
  if (!HTMLElement.prototype.showPopover) return;
  const text = element("span", { id: "meaning-text" });
  const more = element("a", {}, "Glossary");
  const box = element("div", { class: "meaning", popover: "manual" }, text, " ", more);
  document.body.append(box);
  let shown = null;
  let timer;

  const hide = () => {
    clearTimeout(timer);
    shown?.removeAttribute("aria-describedby");
    if (shown) box.hidePopover();
    shown = null;
  };
  const show = (term) => {
    clearTimeout(timer);
    if (shown === term) return;
    hide();
    if (term.title) {
      term.dataset.meaning = term.title;
      term.removeAttribute("title");
    }
    text.textContent = term.dataset.meaning;
    more.href = term.href;
    box.showPopover();
    place(box, term.getBoundingClientRect());
    term.setAttribute("aria-describedby", text.id);
    shown = term;
  };
  const termOf = (event) => event.target.closest?.(".term[href]");

  root.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const term = termOf(event);
    if (term) show(term);
    else if (box.contains(event.target)) clearTimeout(timer);
    else if (shown && shown !== document.activeElement) {
      clearTimeout(timer);
      timer = setTimeout(hide, MILLISECONDS_TO_REACH_IT);
    }
  });
  root.addEventListener("focusin", (event) => {
    const term = termOf(event);
    if (term) show(term);
    else if (!box.contains(event.target)) hide();
  });
  root.addEventListener("click", (event) => {
    const term = termOf(event);
    const isByKey = event.detail === 0;
    if (term && !isByKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(term);
    } else if (!term && !box.contains(event.target)) {
      hide();
    }
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  addEventListener("scroll", hide, { passive: true });
}

/** Place the box under a rectangle, or above it where there is no room. */
function place(box, { left, top, bottom }) {
  const { offsetWidth: width, offsetHeight: height } = box;
  const room = document.documentElement.clientWidth - width - MARGIN;
  const isAbove = bottom + GAP + height > innerHeight && top > height + GAP;
  box.style.left = `${Math.max(MARGIN, Math.min(left, room))}px`;
  box.style.top = `${isAbove ? top - GAP - height : bottom + GAP}px`;
}
