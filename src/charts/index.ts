/**
 * Charts of runs as SVG text: typed data in, text out, on every runtime, with no page and no canvas. They read on light
 * and dark ground, describe themselves to screen readers, and leave a gap where a value is NaN or infinite.
 *
 * @example
 * ```ts
 * import { lineChart } from "tracklet/charts";
 *
 * const svg = lineChart({
 *   title: "val_loss",
 *   x: { label: "epoch" },
 *   series: [{ name: "calm-heron-42", y: [0.9, 0.4, 0.2] }],
 * });
 * ```
 *
 * @module
 */
export { type Bar, barChart, type BarChartOptions } from "./bar-chart.ts";
export { lineChart, type LineChartOptions, type LineSeries } from "./line-chart.ts";
export {
  type ParallelAxis,
  parallelChart,
  type ParallelChartOptions,
  type ParallelLine,
  type ParallelValue,
} from "./parallel-chart.ts";
export { scatterChart, type ScatterChartOptions, type ScatterSeries } from "./scatter-chart.ts";
export type { AxisOptions, ChartOptions, ChartTheme } from "./types.ts";
