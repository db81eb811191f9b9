/** The legend of one chart, or of several that show the same lines: it hides lines, too. */

import { drawing, element } from "./elements.js";

export class ChartLegend {
  constructor() {
    this.list = element("ul", { class: "chart-legend" });
    this.charts = new Set();
    this.hidden = new Set();
    this.keys = new Map(); // by name of the line
  }

  /** Take up the lines of a chart; those with a known name share its key. */
  join(chart) {
    this.charts.add(chart);
    const names = new Set();
    for (const each of this.charts) {
      for (const { line, style } of each.lines) {
        names.add(line.name);
        this.describe(line, style);
      }
    }
    for (const name of this.keys.keys()) if (!names.has(name)) this.keys.delete(name);
    this.list.replaceChildren(...[...names].map((name) => this.keys.get(name).item));
  }

  shows(name) {
    return !this.hidden.has(name);
  }

  /** Write values by the lines' names; other lines get none. */
  write(values) {
    for (const [name, { value }] of this.keys) value.textContent = values.get(name) ?? "";
  }

  describe(line, style) {
    if (!this.keys.has(line.name)) this.keys.set(line.name, this.made(line.name));
    this.keys.get(line.name).sample.replaceChildren(swatch(line, style));
  }

  made(name) {
    const sample = element("i", { class: "chart-sample" });
    const value = element("span", { class: "chart-value" });
    const button = element(
      "button",
      { type: "button", class: "chart-key", "aria-pressed": String(this.shows(name)) },
      sample, element("span", { class: "chart-name" }, name), value,
    );
    button.addEventListener("click", () => {
      if (!this.hidden.delete(name)) this.hidden.add(name);
      button.setAttribute("aria-pressed", String(this.shows(name)));
      for (const chart of this.charts) chart.showLine(name, this.shows(name));
    });
    return { item: element("li", {}, button), sample, value };
  }
}

function swatch(line, style) {
  const isHollow = line.marks === "hollow";
  const mark = line.marks
    ? drawing("circle", {
      cx: "14", cy: "5", r: "3.5", stroke: style.colour, "stroke-width": "1.5",
      fill: isHollow ? "none" : style.colour,
    })
    : drawing("line", {
      x1: "0", y1: "5", x2: "28", y2: "5",
      stroke: style.colour, "stroke-width": "2.5",
      "stroke-dasharray": style.stroke.join(" ") || undefined,
    });
  return drawing(
    "svg", { width: "28", height: "10", viewBox: "0 0 28 10", "aria-hidden": "true" }, mark,
  );
}
