/** Token texts with invisible characters made visible, as on the server (tokens.py). */

const MARKS = { "\n": "⏎", "\t": "⇥", "\r": "␍" };
const HIDDEN = /[\p{C}\p{Z}]/u;

/** Return the text of a chip for a token's text. */
export function visible(text) {
  if (/^ *$/.test(text)) return "␣".repeat(text.length) || "∅";
  return [...text].map(shown).join("");
}

function shown(character) {
  if (character in MARKS) return MARKS[character];
  if (character === " " || !HIDDEN.test(character)) return character;
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
