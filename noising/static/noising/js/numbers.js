/** Formatting and interpolation of numbers. */

/** Return four significant digits, such as 0.4923 or 1.23e-5, or a dash without a number. */
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** Return the y of a line at x, between its points; null beyond its ends or in a gap. */
export function interpolated(xs, ys, x) {
  let low = 0;
  let high = xs.length - 1;
  if (high < 0 || x < xs[0] || x > xs[high]) return null;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  if (xs[low] === x || low === high) return ys[low];
  if (xs[high] === x) return ys[high];
  if (ys[low] === null || ys[high] === null) return null;
  const part = (x - xs[low]) / (xs[high] - xs[low]);
  return ys[low] + part * (ys[high] - ys[low]);
}
