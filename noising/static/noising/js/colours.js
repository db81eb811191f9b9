/** Colours (by Okabe and Ito) and strokes of curves, the same as in the plots. */

const STROKES = [[], [8, 3], [2, 3], [8, 3, 2, 3], [4, 2, 2, 2, 2, 2]];
const COLOURS = 7;

/** The event of the window when the reader has chosen another theme. */
export const THEME_CHANGED = "themechanged";

/** Return colour and stroke of the curve with this index, for the current theme. */
export function curveStyle(index) {
  return {
    colour: themeColour(`--curve-${(index % COLOURS) + 1}`),
    stroke: STROKES[index % STROKES.length],
  };
}

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

/** Return a colour of the page as a canvas takes it: that of the current theme. */
export function themeColour(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/** Return a colour of the form "rgb(1, 2, 3)" with a fifth of its strength. */
export function translucent(colour) {
  return colour.replace(/^rgba?\(([^)]*)\)$/, "rgba($1, 0.2)");
}

/** Call back when the theme changes between light and dark. */
export function onThemeChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
  addEventListener(THEME_CHANGED, callback);
}
