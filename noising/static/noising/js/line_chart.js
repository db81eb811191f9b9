/**
 * Interactive curves with uPlot: values at the cursor, lines that can be hidden, zoom, a
 * logarithmic axis, a choice of abscissae, and dots that follow a position.
 *
 * A chart has the form of noising/figures/charts.py: `x` lists the abscissae; each line has
 * `x[name]` and `y`, and if it was measured also `low`, `high` and `marks`: "filled" or
 * "hollow".
 */

import uPlot from "../../vendor/uplot/uPlot.esm.js";

import { ChartLegend } from "./chart_legend.js";
import { curveStyle, onThemeChange, themeColour, translucent } from "./colours.js";
import { element } from "./elements.js";
import { interpolated, short } from "./numbers.js";

const HEIGHT = 220;
const LEAST_HEIGHT = 190;
const LARGE = 48; // keyboard steps over a whole axis
const MARKED_POINTS = 32; // as many measured points are told apart from their line

export class LineChart {
  /**
   * @param {HTMLElement} root gets the chart appended.
   * @param {object} chart title (visible), label (for screen readers), y {label, log}, x,
   *   lines, group (charts of a group share the cursor), height in pixels, legend (of
   *   several charts; without it the chart has one of its own).
   */
  constructor(root, chart) {
    this.chart = chart;
    this.abscissae = chart.x;
    this.x = chart.x[0]?.name;
    this.isLog = chart.y.log;
    this.dotsAt = null;
    this.values = new Map(); // texts at the cursor, by the lines' names
    this.legend = chart.legend ?? new ChartLegend();
    this.readout = element("span", { class: "chart-readout" });
    this.spoken = element("p", { class: "visually-hidden", "aria-live": "polite" });
    this.canvas = element("div", { class: "chart-canvas", tabindex: "0", role: "group" });
    this.across = element("p", { class: "chart-axis chart-axis-x" });
    this.log = this.toggle("Log axis", this.isLog, (pressed) => this.logarithmic(pressed));
    this.whole = element("button", { type: "button", class: "button-quiet", hidden: "" });
    this.whole.textContent = "Full range";
    this.whole.addEventListener("click", () => this.showWhole());
    this.holder = element(
      "div", { class: "chart" },
      ...(chart.title ? [element("h3", { class: "chart-title" }, chart.title)] : []),
      element("p", { class: "chart-axis" }, chart.y.label), // texts may break, unlike uPlot's
      this.canvas,
      this.across,
      element("div", { class: "chart-tools" }, this.readout, this.whole, this.log),
      ...(chart.legend ? [] : [this.legend.list]),
      this.spoken,
    );
    root.append(this.holder);
    const name = chart.label ?? chart.title;
    this.canvas.setAttribute("aria-label", `${name}. Arrow keys read the values.`);
    this.canvas.addEventListener("keydown", (event) => this.moveByKey(event));
    new ResizeObserver(() => this.fit()).observe(this.canvas);
    onThemeChange(() => this.draw());
    this.draw();
  }

  /** Show other lines (as in the constructor) with the same axes. */
  update(lines) {
    this.chart = { ...this.chart, lines };
    this.draw();
  }

  /** Choose the abscissa by its name; a chart without it keeps its own. */
  over(name) {
    if (name === this.x || !this.abscissae.some((one) => one.name === name)) return;
    this.x = name;
    this.draw();
  }

  /** Show a dot on every line at x; null removes the dots. */
  mark(x) {
    this.dotsAt = x;
    this.plot?.redraw(false, false);
  }

  /** Choose the height so that a holder is as high as before, if the chart stays legible. */
  fitInto(holder, room) {
    const heightOf = (part) => part.getBoundingClientRect().height;
    const rest = heightOf(holder) - heightOf(this.canvas);
    this.chart.height = Math.max(LEAST_HEIGHT, Math.floor(room - rest));
    this.draw();
  }

  draw() {
    const bounds = this.zoomed;
    this.plot?.destroy();
    const curves = this.chart.lines.filter((line) => !line.marks); // marks take no style
    this.lines = this.chart.lines.map((line) => this.prepared(line, curves.indexOf(line)));
    this.columns = this.lines.flatMap((line) => line.columns);
    this.across.textContent = this.abscissae.find((one) => one.name === this.x)?.label ?? "";
    this.plot = new uPlot(this.options(), this.data(), this.canvas);
    this.zoomed = null;
    if (bounds && bounds.x === this.x) this.plot.setScale("x", bounds);
    this.legend.join(this);
  }

  /** Return the lines with their colours, and the columns that uPlot draws for them. */
  prepared(line, index) {
    const partner = this.chart.lines.filter((other) => !other.marks).findIndex(
      (other) => line.marks && line.name.startsWith(other.name),
    );
    const style = curveStyle(line.style ?? (partner < 0 ? index : partner));
    const x = line.x[this.x] ?? [];
    const order = rising(x);
    const pick = (values) => order.map((place) => values[place] ?? null);
    const columns = [{ line, style, kind: "y", values: pick(this.drawn(line.y)) }];
    if (line.low) {
      for (const kind of ["low", "high"]) {
        columns.push({ line, style, kind, values: pick(this.drawn(line[kind])) });
      }
    }
    return { line, style, xs: order.map((place) => x[place]), ys: pick(line.y), columns };
  }

  drawn(values) {
    return this.isLog ? values.map((v) => (v !== null && v > 0 ? v : null)) : values;
  }

  data() {
    if (!this.lines.length) return [[]];
    const tables = this.lines.map((line) => [
      line.xs, ...line.columns.map((column) => column.values),
    ]);
    return uPlot.join(tables);
  }

  options() {
    const ink = themeColour("--muted");
    const grid = { stroke: themeColour("--line"), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
    return {
      width: this.width(),
      height: this.chart.height ?? HEIGHT,
      legend: { show: false },
      scales: {
        x: { time: false },
        y: this.isLog ? { distr: 3 } : this.chart.y.share ? { range: [-0.03, 1.03] } : {},
      },
      cursor: {
        sync: this.chart.group ? { key: `${this.chart.group}-${this.x}` } : undefined,
        points: { show: false },
        drag: { x: true, y: false },
        focus: { prox: 24 },
      },
      axes: [
        { ...axis, size: 32 },
        {
          ...axis,
          size: 64,
          values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : short(tick))),
        },
      ],
      series: [{}, ...this.columns.map((column) => this.series(column))],
      bands: this.bands(),
      hooks: {
        setCursor: [() => this.read()],
        setScale: [(plot, key) => key === "x" && this.noteZoom(plot)],
        draw: [(plot) => this.drawOver(plot)],
      },
    };
  }

  series({ line, style, kind }) {
    const show = this.legend.shows(line.name);
    if (kind !== "y") return { show, width: 0, points: { show: false }, spanGaps: true };
    return {
      show,
      stroke: style.colour,
      width: line.marks ? 0 : 2,
      dash: style.stroke,
      spanGaps: true,
      ...(line.steps ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      points: isMarked(line)
        ? { show: true, size: 6, stroke: style.colour, fill: this.markColour(line, style) }
        : { show: false },
    };
  }

  markColour(line, style) {
    return line.marks === "hollow" ? themeColour("--surface") : style.colour;
  }

  /** Return the bands between low and high of lines that are not marks. */
  bands() {
    return this.columns.flatMap(({ line, style, kind }, index) =>
      kind === "high" && !line.marks
        ? [{ series: [index + 1, index], fill: translucent(style.colour) }]
        : []);
  }

  /** Draw the whiskers of the marks, and the dots that follow a position. */
  drawOver(plot) {
    const { ctx } = plot;
    const density = devicePixelRatio;
    ctx.save();
    for (const { line, style, xs, ys } of this.lines) {
      if (!this.legend.shows(line.name)) continue;
      ctx.strokeStyle = ctx.fillStyle = style.colour;
      ctx.lineWidth = density;
      ctx.setLineDash([]); // of the line that was drawn last
      if (line.low && isMarked(line)) this.whiskers(plot, line);
      const y = this.dotsAt === null ? null : interpolated(xs, ys, this.dotsAt);
      if (y === null || (this.isLog && y <= 0)) continue;
      ctx.beginPath();
      ctx.arc(
        plot.valToPos(this.dotsAt, "x", true), plot.valToPos(y, "y", true),
        5 * density, 0, 2 * Math.PI,
      );
      ctx.fill();
    }
    ctx.restore();
  }

  whiskers(plot, line) {
    line.x[this.x].forEach((x, place) => {
      const [low, high] = [line.low[place], line.high[place]];
      if (low === null || high === null || (this.isLog && low <= 0)) return;
      plot.ctx.beginPath();
      plot.ctx.moveTo(plot.valToPos(x, "x", true), plot.valToPos(low, "y", true));
      plot.ctx.lineTo(plot.valToPos(x, "x", true), plot.valToPos(high, "y", true));
      plot.ctx.stroke();
    });
  }

  /** Show or hide a line, as the legend says. */
  showLine(name, shown) {
    this.columns.forEach(({ line }, index) => {
      if (line.name === name) this.plot.setSeries(index + 1, { show: shown });
    });
  }

  /** Write the values at the cursor into the legend. */
  read() {
    const { left } = this.plot.cursor;
    const isOver = left !== null && left !== undefined && left >= 0;
    const x = isOver ? this.plot.posToVal(left, "x") : null;
    this.readout.textContent = isOver ? `${this.x} ${short(x)}` : "";
    this.values = new Map(isOver ? this.lines.map(
      ({ line, xs, ys }) => [line.name, short(interpolated(xs, ys, x))],
    ) : []);
    if (!this.chart.legend || this.isRead()) this.legend.write(this.values);
  }

  /** Return whether the reader is at this one of the charts that share a legend. */
  isRead() {
    return this.canvas.matches(":hover, :focus");
  }

  moveByKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageDown: -6, PageUp: 6 };
    if (event.key === "Escape") this.showWhole();
    if (!(event.key in steps)) return;
    event.preventDefault();
    const width = this.plot.over.clientWidth;
    const from = this.plot.cursor.left >= 0 ? this.plot.cursor.left : width / 2;
    const left = from + (steps[event.key] * width) / LARGE;
    this.plot.setCursor({ left: Math.min(width - 1, Math.max(0, left)), top: 0 });
    this.spoken.textContent = this.sentence();
  }

  sentence() {
    const values = this.lines
      .filter(({ line }) => this.legend.shows(line.name))
      .map(({ line }) => `${line.name} ${this.values.get(line.name) ?? ""}`);
    return `${this.readout.textContent}: ${values.join(", ")}`;
  }

  logarithmic(isLog) {
    this.isLog = isLog;
    this.draw();
  }

  noteZoom(plot) {
    const { min, max } = plot.scales.x;
    const xs = plot.data[0];
    const isWhole = !xs.length || (min <= xs[0] && max >= xs[xs.length - 1]);
    this.zoomed = isWhole ? null : { min, max, x: this.x };
    this.whole.hidden = isWhole;
  }

  showWhole() {
    const xs = this.plot.data[0];
    this.plot.setScale("x", { min: xs[0], max: xs[xs.length - 1] });
  }

  toggle(label, pressed, changed) {
    const button = element(
      "button",
      { type: "button", class: "button-quiet", "aria-pressed": String(pressed) },
      label,
    );
    button.addEventListener("click", () => {
      const now = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(now));
      changed(now);
    });
    return button;
  }

  width() {
    return Math.max(120, this.canvas.clientWidth || 480);
  }

  fit() {
    const width = this.width();
    if (this.plot && this.plot.width !== width) {
      this.plot.setSize({ width, height: this.plot.height });
    }
  }
}

/** Return whether the points of a line are shown: those of measured lines with few points. */
function isMarked(line) {
  return line.marks || Boolean(line.low && line.y.length <= MARKED_POINTS);
}

/** Return the indices of the numbers in ascending order, since lost information may decrease. */
function rising(x) {
  const order = [...x.keys()];
  const sorted = order.every((place) => place === 0 || x[place] >= x[place - 1]);
  return sorted ? order : order.sort((a, b) => x[a] - x[b]);
}
