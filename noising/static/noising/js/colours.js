/** Colours (by Okabe and Ito) and strokes of curves, the same as in the plots. */

const STROKES = [[], [8, 3], [2, 3], [8, 3, 2, 3], [4, 2, 2, 2, 2, 2]];
const COLOURS = 7;

/** Return colour and stroke of the curve with this index, for the current theme. */
export function curveStyle(index) {
  return {
    colour: themeColour(`--curve-${(index % COLOURS) + 1}`),
    stroke: STROKES[index % STROKES.length],
  };
}

/** Return the value of a custom property of the page. */
export function themeColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Call back when the theme changes between light and dark. */
export function onThemeChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
}
