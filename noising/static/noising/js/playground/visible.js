/** Token texts with what cannot be seen made visible, as the server does it (chips.py). */

const MARKS = { "\n": "⏎", "\t": "⇥", "\r": "␍" };
const HIDDEN = /[\p{C}\p{Z}]/u;

/** Return what a chip shows for a token's text. */
export function visible(text) {
  if (/^ *$/.test(text)) return "␣".repeat(text.length) || "∅";
  return [...text].map(shown).join("");
}

function shown(character) {
  if (character in MARKS) return MARKS[character];
  if (character === " " || !HIDDEN.test(character)) return character;
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
