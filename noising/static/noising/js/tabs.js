/**
 * Tabs made from sections that are written one below the other.
 *
 * The markup is `<div data-tabs="Name of the list">` with a `<section id="...">` for each tab,
 * which begins with a heading. `data-open` marks the section that opens first, if it is not
 * the first one. Without this script, and on paper, all sections are shown.
 */

import { element } from "./elements.js";

const MOVES = {
  ArrowLeft: (place, count) => (place + count - 1) % count,
  ArrowRight: (place, count) => (place + 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** The event of a section when its tab is opened. */
export const TAB_OPENED = "tabopened";

/** Turn the sections of every `[data-tabs]` into tabs. */
export function offerTabs(root) {
  for (const holder of root.querySelectorAll("[data-tabs]")) {
    if (holder.querySelectorAll(":scope > section").length > 1) new Tabs(holder);
    else holder.removeAttribute("data-tabs"); // nothing to choose from
  }
}

class Tabs {
  constructor(holder) {
    this.panels = [...holder.querySelectorAll(":scope > section")];
    this.tabs = this.panels.map((panel) => this.prepare(panel));
    this.list = element("div", {
      class: "tab-list",
      role: "tablist",
      "aria-label": holder.dataset.tabs || null,
    }, ...this.tabs);
    this.list.addEventListener("keydown", (event) => this.moveByKey(event));
    holder.prepend(this.list);
    holder.classList.add("has-tabs");
    addEventListener("hashchange", () => this.follow());
    const first = this.panels.findIndex((panel) => "open" in panel.dataset);
    this.open(Math.max(0, first));
    this.follow();
  }

  /** Make a section a panel, and return its tab. */
  prepare(panel) {
    const heading = panel.querySelector("h2, h3, h4");
    heading.classList.add("tab-heading");
    const tab = element("button", {
      type: "button",
      class: "tab",
      role: "tab",
      id: `${panel.id}-tab`,
      "aria-controls": panel.id,
    }, heading.textContent.trim());
    tab.addEventListener("click", () => this.choose(this.panels.indexOf(panel)));
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.tabIndex = 0;
    // A browser cannot show what is wrong with a field in a closed panel.
    panel.addEventListener("invalid", () => this.open(this.panels.indexOf(panel)), true);
    return tab;
  }

  open(chosen) {
    this.panels.forEach((panel, place) => {
      panel.classList.toggle("tab-closed", place !== chosen);
      this.tabs[place].setAttribute("aria-selected", String(place === chosen));
      this.tabs[place].tabIndex = place === chosen ? 0 : -1;
    });
    this.panels[chosen].dispatchEvent(new Event(TAB_OPENED, { bubbles: true }));
    const tab = this.tabs[chosen];
    // Bring the tab into view on a narrow screen, without scrolling the page.
    const middle = tab.offsetLeft - this.list.offsetLeft + tab.offsetWidth / 2;
    this.list.scrollLeft = middle - this.list.clientWidth / 2;
  }

  /** Open a tab that the visitor chose, and name it in the URL. */
  choose(chosen) {
    this.open(chosen);
    history.replaceState(history.state, "", `#${this.panels[chosen].id}`);
  }

  /** Open the tab that the URL names, or that contains what the URL names. */
  follow() {
    const target = document.getElementById(readFragment());
    const named = this.panels.findIndex((panel) => panel.contains(target));
    if (!target || named < 0) return;
    this.open(named);
    if (target !== this.panels[named]) target.scrollIntoView();
  }

  moveByKey(event) {
    const move = MOVES[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const place = move(this.tabs.indexOf(document.activeElement), this.tabs.length);
    this.choose(place);
    this.tabs[place].focus();
  }
}

function readFragment() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // a percent sign that encodes nothing
  }
}
