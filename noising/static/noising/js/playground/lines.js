/**
 * Line breaks that hold at every timestep. A line is as long as its tokens may become, so
 * a token that changes moves only what follows it on its line, and never a line.
 */

const SLICES = 128; // of time; a line fits if its longest state in each slice does

export class Lines {
  /**
   * @param {object[]} tokens for each position: `width` of its clean text; `changes`, an
   *   ascending list of [slice, width] of its later texts; `opens`, whether a line may
   *   begin with it; `hasBlank`, whether it begins with a blank; `after`, [lines, indent]
   *   of the line break after it, or null.
   * @param {number} blank the width of a blank.
   */
  constructor(tokens, blank) {
    this.tokens = tokens;
    this.blank = blank;
  }

  /** Return lines that fit into a width: from, to (exclusive), indent (in blanks). */
  within(room) {
    const lines = [];
    let line = { from: 0, indent: 0 };
    let widths = new Float64Array(SLICES);
    let open = 0;
    const end = (to, indent) => {
      lines.push({ ...line, to });
      line = { from: to, indent };
      widths = new Float64Array(SLICES);
      open = to;
    };
    for (let place = 0; place < this.tokens.length; place++) {
      const token = this.tokens[place];
      if (token.opens) open = place;
      const longest = add(widths, token) + line.indent * this.blank;
      if (longest > room && place > line.from) {
        const to = open > line.from ? open : place;
        // A blank at a line's beginning hangs out of it, see flow.js.
        end(to, this.tokens[to].hasBlank ? -1 : 0);
        place = to - 1;
        continue;
      }
      if (!token.after) continue;
      const [count, indent] = token.after;
      for (let one = 1; one <= count; one++) end(place + 1, one === count ? indent : 0);
    }
    if (line.from < this.tokens.length) lines.push({ ...line, to: this.tokens.length });
    return lines;
  }
}

/** Add the widths of a token over time; return the greatest sum. */
function add(widths, { width, changes }) {
  let now = width;
  let next = 0;
  let greatest = 0;
  for (let slice = 0; slice < SLICES; slice++) {
    let most = Math.max(width, now); // it may be protected, and then stays clean
    for (; next < changes.length && changes[next][0] <= slice; next++) {
      now = changes[next][1];
      most = Math.max(most, now);
    }
    widths[slice] += most;
    greatest = Math.max(greatest, widths[slice]);
  }
  return greatest;
}

/** Return the slice of time in which a timestep lies, of the timesteps from 0 to last. */
export function sliceOf(timestep, last) {
  return last ? Math.floor((timestep / last) * (SLICES - 1)) : 0;
}
