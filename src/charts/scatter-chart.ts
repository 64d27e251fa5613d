import { html } from "../internal/html.ts";
import { Frame } from "./frame.ts";
import { isDrawable } from "./numbers.ts";
import { layOutPlot } from "./plot.ts";
import { count, px } from "./text.ts";
import { light, seriesColor } from "./theme.ts";
import type { AxisOptions, ChartOptions } from "./types.ts";

/** One group of points. */
export interface ScatterSeries {
  /** Stands in the legend. */
  readonly name: string;
  /** Places from left to right. */
  readonly x: ArrayLike<number>;
  /** One per `x`; points with a NaN or an infinity are left out. */
  readonly y: ArrayLike<number>;
  /** What each point is called when pointed at. */
  readonly labels?: readonly string[];
  /** Draw these points stronger than the others. */
  readonly highlight?: boolean;
  /** Any CSS colour. @default one of ten that read on light and dark ground */
  readonly color?: string;
}

/** What a scatter chart shows. */
export interface ScatterChartOptions extends ChartOptions {
  /** Groups, each in its colour. */
  readonly series: readonly ScatterSeries[];
  /** The axis from left to right. */
  readonly x?: AxisOptions;
  /** The axis from bottom to top. */
  readonly y?: AxisOptions;
}

const maxPoints = 10_000;

/**
 * Points, such as one metric over another, a point per run.
 *
 * @returns SVG text. Of more than 10,000 points every n-th is drawn; the chart says so.
 * @throws RangeError when `x` and `y` of a series differ in length, or the size is not 120 to 10,000 pixels.
 * @example
 * ```ts
 * import { scatterChart } from "tracklet/charts";
 *
 * const svg = scatterChart({
 *   title: "accuracy over duration",
 *   x: { label: "seconds", scale: "log" },
 *   series: [{ name: "runs", x: [3.1, 20.4], y: [0.91, 0.97], labels: ["calm-heron-42", "warm-egret-7"] }],
 * });
 * ```
 */
export function scatterChart(options: ScatterChartOptions): string {
  const frame = new Frame(options, 360);
  const all = options.series.map((series, index) => ({
    ...series,
    color: series.color ?? seriesColor(index),
    strong: series.highlight === true,
  }));
  for (const { name, x, y } of all) {
    if (x.length === y.length) continue;
    throw new RangeError(
      `Cannot draw the points "${name}" as they must have one y per x: current value is ${y.length} y for ${x.length} x`,
    );
  }
  const plot = layOutPlot(frame, {
    xs: all.map(({ x }) => x),
    ys: all.map(({ y }) => y),
    x: options.x,
    y: options.y,
    legend: all,
    noun: "group",
    roundX: true,
  });
  if (plot === undefined) return frame.drawEmpty(all.length === 0 ? "no data" : "no values that can be drawn");
  const total = all.reduce((sum, { x }) => sum + x.length, 0);
  const stride = Math.max(1, Math.ceil(total / maxPoints));
  const groups = all.map(({ name, x, y, labels, color, strong }) => {
    const points = [];
    for (let index = 0; index < x.length; index += stride) {
      const [valueX, valueY, label] = [x[index], y[index], labels?.[index] ?? name];
      if (!isDrawable(valueX, plot.x.kind) || !isDrawable(valueY, plot.y.kind)) continue;
      const [cx, cy] = [px(plot.x.position(valueX)), px(plot.y.position(valueY))];
      points.push(
        html`<circle class="halo" cx="${cx}" cy="${cy}" r="${strong ? 6.5 : 4.5}"><title>${label}</title></circle>`,
      );
    }
    return html`<g fill="${color}" fill-opacity="${strong ? 1 : 0.8}" stroke="${light.ground}">${points}</g>`;
  });
  const thinned = stride > 1 ? `; one of ${stride} is drawn` : "";
  return frame.draw(
    `Scatter chart of ${count(total, "point")}: ${plot.ranges}${thinned}`,
    html`${plot.content}${groups}`,
  );
}
