/** Interactive charts, which replace the images of plots that have numbers. */

import { read } from "./api.js";
import { ChartLegend } from "./chart_legend.js";
import { LineChart } from "./line_chart.js";
import { element } from "./elements.js";

const GROUPS = new Map();

/** Replace the images of `figure.plot[data-chart]` with charts when they come into view. */
export function enlivenPlots(root) {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      enliven(entry.target);
    }
  }, { rootMargin: "1200px" }); // so early that nothing moves in view
  for (const figure of root.querySelectorAll("figure.plot[data-chart]")) {
    seen.observe(figure);
  }
}

/** Close the export menus by Escape and by a click elsewhere, as menus are. */
export function closeExports(root) {
  const close = (event) => {
    for (const menu of root.querySelectorAll("details.export[open]")) {
      if (event.type === "click" && menu.contains(event.target)) continue;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  };
  root.addEventListener("click", close);
  root.addEventListener("keydown", (event) => event.key === "Escape" && close(event));
}

async function enliven(figure) {
  let chart;
  try {
    chart = await read(figure.dataset.chart);
  } catch {
    delete figure.dataset.chart; // the image is shown
    return;
  }
  const holder = element("div", { class: "plot-charts" });
  const facets = element("div", { class: "plot-facets" });
  holder.append(facets);
  const image = figure.querySelector(".plot-image");
  const room = image.getBoundingClientRect().height;
  image.replaceWith(holder);
  const group = groupOf(figure);
  const legend = chart.panels.length > 1 ? new ChartLegend() : undefined;
  for (const panel of chart.panels) {
    const made = new LineChart(facets, {
      ...panel,
      legend,
      title: chart.panels.length > 1 ? panel.title : "",
      label: panel.title,
      group: group?.name,
    });
    group?.join(made);
    if (chart.panels.length === 1) made.fitInto(holder, room);
  }
  if (legend) holder.append(legend.list);
  if (chart.note) holder.append(element("p", { class: "plot-note" }, chart.note));
}

/** The charts within a `[data-chart-group]`, which share abscissa and cursor. */
class Group {
  constructor(root) {
    this.name = root.dataset.chartGroup;
    this.charts = [];
    this.choice = element("select");
    this.control = element("label", { class: "chart-x", hidden: "" }, "Over ", this.choice);
    (root.querySelector("[data-chart-control]") ?? root).append(this.control);
    this.choice.addEventListener("change", () => {
      for (const chart of this.charts) chart.over(this.choice.value);
    });
  }

  join(chart) {
    this.charts.push(chart);
    for (const { name, label } of chart.abscissae) {
      if ([...this.choice.options].some((option) => option.value === name)) continue;
      this.choice.append(element("option", { value: name }, label));
    }
    this.control.hidden = this.choice.options.length < 2;
    if (this.choice.value) chart.over(this.choice.value);
  }
}

function groupOf(figure) {
  const root = figure.closest("[data-chart-group]");
  if (!root) return null;
  if (!GROUPS.has(root)) GROUPS.set(root, new Group(root));
  return GROUPS.get(root);
}
