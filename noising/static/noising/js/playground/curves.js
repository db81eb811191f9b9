/** Alpha and the share of unchanged tokens over the timesteps; dots follow the slider. */

import { element } from "../elements.js";
import { LineChart } from "../line_chart.js";

const WORDS = {
  title: "",
  label: "Alpha and share unchanged over the timesteps",
  y: { label: "share", log: false },
  x: [{ name: "timestep", label: "timestep of process A" }],
};

export class Curves {
  /** @param {HTMLElement} figure the figure whose image the chart replaces. */
  constructor(figure) {
    this.figure = figure;
    this.chart = null;
  }

  /** Show lines (of line_chart.js). */
  set(lines) {
    if (this.chart) {
      this.chart.update(lines);
      return;
    }
    const holder = element("div", { class: "plot-charts" });
    this.figure.querySelector(".plot-image")?.remove();
    this.figure.prepend(holder);
    this.chart = new LineChart(holder, { ...WORDS, lines });
  }

  /** Move the dots to a timestep of the first process. */
  mark(timestep) {
    this.chart?.mark(timestep);
  }
}
