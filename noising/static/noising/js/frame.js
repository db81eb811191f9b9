/** The frame of every page: choice of a theme, and parts that collapse on small screens. */

import { THEME_CHANGED } from "./colours.js";
import { element } from "./elements.js";

const THEMES = ["system", "light", "dark"];
const SIGNS = { system: "◐", light: "○", dark: "●" };

/** Let a button go through the themes. */
export function offerThemes(button) {
  const root = document.documentElement;
  const show = () => {
    const theme = root.dataset.theme ?? THEMES[0];
    button.textContent = SIGNS[theme];
    button.title = `Theme: ${theme}`;
    button.setAttribute("aria-label", button.title);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const place = THEMES.indexOf(root.dataset.theme ?? THEMES[0]);
    const theme = THEMES[(place + 1) % THEMES.length];
    if (theme === THEMES[0]) delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // It holds for this page only.
    }
    show();
    dispatchEvent(new Event(THEME_CHANGED));
  });
  show();
}

/**
 * Put a button before every `[data-collapse]`, whose value is the button's text. The style
 * shows the button on small screens only, and hides there what is collapsed.
 */
export function offerCollapse(root) {
  for (const part of root.querySelectorAll("[data-collapse]")) {
    const isOpen = "open" in part.dataset;
    part.id ||= `collapse-${part.dataset.collapse.toLowerCase()}`;
    const button = element("button", {
      type: "button",
      class: "button-quiet collapse-button",
      "aria-expanded": String(isOpen),
      "aria-controls": part.id,
    }, part.dataset.collapse);
    part.classList.toggle("is-collapsed", !isOpen);
    button.addEventListener("click", () => {
      const isCollapsed = part.classList.toggle("is-collapsed");
      button.setAttribute("aria-expanded", String(!isCollapsed));
    });
    part.before(button);
  }
}
