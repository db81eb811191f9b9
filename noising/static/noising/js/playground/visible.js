/** Token texts as the page shows them, as on the server (tokens.py). */

const MARKS = { "\n": "⏎", "\t": "⇥", "\r": "␍" };
const TAB = "⇥   ";
const HIDDEN = /[\p{C}\p{Z}]/u;
const BLANK = /^ *$/;

/** Return a token's text with invisible characters made visible. */
export function visible(text) {
  if (BLANK.test(text)) return "␣".repeat(text.length) || "∅";
  return [...text].map(shown).join("");
}

/** Return a token's text as a part of the shown text, where blanks stay blanks. */
export function readable(text) {
  if (BLANK.test(text)) return text || "∅";
  // A blank after a line feed is left out, since it belongs to the line break.
  return visible(text.replace(/\n[ \t]*$/, "\n")).replaceAll(MARKS["\t"], TAB);
}

/** Return the block for a masked token, as wide as the clean one, which is readable. */
export function block(clean) {
  const first = clean.startsWith(" ") && !BLANK.test(clean) ? " " : "▐";
  return first + "█".repeat([...clean].length - 1);
}

function shown(character) {
  if (character in MARKS) return MARKS[character];
  if (character === " " || !HIDDEN.test(character)) return character;
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
