import { line } from "d3-shape";
import { html, type Html } from "../internal/html.ts";
import { Frame } from "./frame.ts";
import { layOutPlot, type Plot } from "./plot.ts";
import { count, px } from "./text.ts";
import { seriesColor } from "./theme.ts";
import { linePoints, type PixelPoint } from "./thin.ts";
import type { AxisOptions, ChartOptions } from "./types.ts";

/** One line. */
export interface LineSeries {
  /** Stands in the legend. */
  readonly name: string;
  /** Steps or times, ascending, one per value of `y`. @default 0, 1, 2, ... */
  readonly x?: ArrayLike<number>;
  /** Values; NaN and infinities are gaps. */
  readonly y: ArrayLike<number>;
  /** Draw this line stronger than the others. */
  readonly highlight?: boolean;
  /** Any CSS colour. @default one of ten that read on light and dark ground */
  readonly color?: string;
}

/** What a line chart shows. */
export interface LineChartOptions extends ChartOptions {
  /** One per line, such as a run. */
  readonly series: readonly LineSeries[];
  /** The axis of steps or times. */
  readonly x?: AxisOptions;
  /** The axis of values. */
  readonly y?: AxisOptions;
}

const maxLines = 500;

/**
 * Lines over steps or time, such as a metric of several runs.
 *
 * @returns SVG text. At most 500 lines are drawn, highlighted ones first; the chart says how many it leaves out.
 * @throws RangeError when `x` and `y` of a series differ in length, or the size is not 120 to 10,000 pixels.
 * @example
 * ```ts
 * import { lineChart } from "tracklet/charts";
 *
 * const svg = lineChart({
 *   title: "loss",
 *   y: { scale: "log" },
 *   series: [
 *     { name: "training", y: [1.1, 0.5, 0.2] },
 *     { name: "validation", x: [0, 2], y: [1.2, 0.4], highlight: true },
 *   ],
 * });
 * ```
 */
export function lineChart(options: LineChartOptions): string {
  const frame = new Frame(options, 360);
  const all = options.series.map((series, index) => ({
    ...series,
    x: abscissae(series),
    color: series.color ?? seriesColor(index),
    strong: series.highlight === true,
  }));
  // The strong ones last: what is drawn later lies on top.
  const drawn = [...all.filter(({ strong }) => strong), ...all.filter(({ strong }) => !strong)]
    .slice(0, maxLines)
    .reverse();
  const plot = layOutPlot(frame, {
    xs: drawn.map(({ x }) => x),
    ys: drawn.map(({ y }) => y),
    x: options.x,
    y: options.y,
    legend: all,
    noun: "line",
    roundX: false,
  });
  if (plot === undefined) return frame.drawEmpty(all.length === 0 ? "no data" : "no values that can be drawn");
  const faded = drawn.some(({ strong }) => strong);
  const marks = drawn.map((series) => drawLine(series, plot, faded && !series.strong));
  const left = all.length - drawn.length;
  const description = `Line chart of ${count(all.length, "line")}: ${plot.ranges}${left > 0 ? `; ${count(left, "line")} not drawn` : ""}`;
  return frame.draw(
    description,
    html`${plot.content}<g fill="none" stroke-linejoin="round" stroke-linecap="round">${marks}</g>`,
  );
}

function abscissae(series: LineSeries): ArrayLike<number> {
  const { name, x, y } = series;
  if (x === undefined) return Float64Array.from({ length: y.length }, (_, index) => index);
  if (x.length === y.length) return x;
  throw new RangeError(
    `Cannot draw the line "${name}" as it must have one x per y: current value is ${x.length} x for ${y.length} y`,
  );
}

type DrawnLine = LineSeries & { readonly x: ArrayLike<number>; readonly color: string; readonly strong: boolean };

function drawLine(series: DrawnLine, plot: Plot, faded: boolean): Html {
  const points = linePoints(series.x, series.y, plot.x, plot.y);
  const path = line<PixelPoint>()
    .defined((point) => point !== undefined)
    .x((point) => point?.[0] ?? 0)
    .y((point) => point?.[1] ?? 0)
    .digits(1)(points);
  if (path === null) return html``;
  const dots = series.y.length <= 40 ? lonely(points) : [];
  const width = series.strong ? 3 : 1.75;
  return html`<g stroke="${series.color}" stroke-width="${width}"${faded && html` opacity=".65"`}><title>${series.name}</title><path class="mark" d="${path}"/>${dots.map(([x, y]) => html`<circle cx="${px(x)}" cy="${px(y)}" r="2" fill="${series.color}" stroke="none"/>`)}</g>`;
}

/** Points with a gap on both sides, which a line would not show. */
function lonely(points: readonly PixelPoint[]): (readonly [number, number])[] {
  return points.filter(
    (point, index): point is readonly [number, number] =>
      point !== undefined && points[index - 1] === undefined && points[index + 1] === undefined,
  );
}
