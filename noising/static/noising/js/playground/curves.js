/** Alpha and the share of unchanged tokens over the timesteps; dots follow the slider. */

import { element } from "../elements.js";
import { LineChart } from "../line_chart.js";

const WORDS = {
  title: "",
  label: "Alpha and share unchanged over the timesteps",
  y: { label: "share", log: false },
};

export class Curves {
  /** @param {HTMLElement} figure the figure whose image the chart replaces. */
  constructor(figure) {
    this.figure = figure;
    this.chart = null;
    this.holder = element("div", { class: "plot-charts" });
  }

  /** Show lines (of line_chart.js), over the timesteps that the label names. */
  set(lines, label) {
    if (this.chart && this.label === label) {
      this.chart.update(lines);
      return;
    }
    this.label = label;
    this.figure.querySelector(".plot-image")?.remove();
    this.holder.replaceChildren();
    this.figure.append(this.holder);
    const x = [{ name: "timestep", label }];
    this.chart = new LineChart(this.holder, { ...WORDS, x, lines });
  }

  /** Move the dots to a timestep of the first process. */
  mark(timestep) {
    this.chart?.mark(timestep);
  }
}
