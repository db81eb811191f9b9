/**
 * All states of a sequence under one process, with a current timestep.
 *
 * POST /api/v1/trajectory returns when each position changes, and to which id. The changes
 * in order of their timesteps are applied to move forward and undone to move back, so that
 * a move updates only positions that change in between.
 */

export class History {
  /**
   * @param {number[]} tokens clean ids.
   * @param {object} trajectory timesteps, alphas, changes.
   */
  constructor(tokens, { timesteps, alphas, changes }) {
    this.tokens = tokens;
    this.timesteps = timesteps;
    this.alphas = alphas;
    this.state = Int32Array.from(tokens);
    this.steps = stepsOf(tokens, changes);
    this.done = 0; // how many of the steps lie behind
    this.touched = new Set();
  }

  /** Move to a timestep; return the positions that may have changed. */
  moveTo(timestep) {
    const { steps, state, touched } = this;
    touched.clear();
    while (this.done < steps.length && steps[this.done].timestep <= timestep) {
      const { position, to } = steps[this.done++];
      state[position] = to;
      touched.add(position);
    }
    while (this.done > 0 && steps[this.done - 1].timestep > timestep) {
      const { position, from } = steps[--this.done];
      state[position] = from;
      touched.add(position);
    }
    return touched;
  }

  /** Return alpha at the last known timestep that is not after this one. */
  alphaAt(timestep) {
    return this.alphas[Math.max(0, placeOf(this.timesteps, timestep))];
  }

  /**
   * Return the share of tokens that are unchanged at each of the timesteps.
   *
   * @param {(position: number) => boolean} isProtected
   */
  unchanged(isProtected) {
    const { tokens, steps } = this;
    const shares = [];
    let changed = 0;
    let next = 0;
    for (const timestep of this.timesteps) {
      for (; next < steps.length && steps[next].timestep <= timestep; next++) {
        const { position, from, to } = steps[next];
        if (isProtected(position)) continue;
        changed += (to !== tokens[position]) - (from !== tokens[position]);
      }
      shares.push(1 - changed / tokens.length);
    }
    return shares;
  }
}

function stepsOf(tokens, changes) {
  const steps = changes.flatMap((own, position) =>
    own.map(([timestep, to], index) => ({
      timestep, position, to, from: index ? own[index - 1][1] : tokens[position],
    })));
  return steps.sort((one, other) => one.timestep - other.timestep);
}

/** Return the index of the last number not above a limit, by bisection; -1 without one. */
function placeOf(rising, limit) {
  let low = -1;
  let high = rising.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rising[middle] <= limit) low = middle;
    else high = middle;
  }
  return low;
}
