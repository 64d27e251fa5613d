import { scaleLinear } from "d3-scale";
import { curveBumpX, line } from "d3-shape";
import { html, type Html } from "../internal/html.ts";
import { type Box, fontSize, Frame } from "./frame.ts";
import { createParallelScale, type ParallelScale, type ParallelValue } from "./parallel-scale.ts";
import { count, fitText, px, textWidth } from "./text.ts";
import { light, ramp } from "./theme.ts";
import type { ChartOptions } from "./types.ts";

export type { ParallelValue } from "./parallel-scale.ts";

/** One upright axis, such as a param or a metric. */
export interface ParallelAxis {
  /** Stands above the axis. */
  readonly name: string;
  /** How values are placed. @default "linear" where all values are numbers, else "category" */
  readonly scale?: "linear" | "log" | "category";
}

/** One line through all axes, such as a run. */
export interface ParallelLine {
  /** Shown when the line is pointed at. */
  readonly name: string;
  /** One value per axis; null, NaN and a missing value are a gap. */
  readonly values: readonly ParallelValue[];
  /** Draw this line stronger than the others. */
  readonly highlight?: boolean;
}

/** What a parallel-coordinates chart shows. */
export interface ParallelChartOptions extends ChartOptions {
  /** Two or more; the last one colours the lines. */
  readonly axes: readonly ParallelAxis[];
  /** One per run. */
  readonly lines: readonly ParallelLine[];
}

const maxLines = 2000;

/**
 * Parallel coordinates: an upright axis per param and metric, a line per run, coloured by its place on the last axis.
 *
 * @returns SVG text. At most 2,000 lines are drawn, highlighted ones first; the chart says how many it leaves out.
 * @throws RangeError when the size is not 120 to 10,000 pixels.
 * @example
 * ```ts
 * import { parallelChart } from "tracklet/charts";
 *
 * const svg = parallelChart({
 *   title: "sweep",
 *   axes: [{ name: "lr", scale: "log" }, { name: "optimizer" }, { name: "val_loss" }],
 *   lines: [
 *     { name: "calm-heron-42", values: ["0.01", "adam", 0.04], highlight: true },
 *     { name: "warm-egret-7", values: ["0.1", "sgd", 0.31] },
 *   ],
 * });
 * ```
 */
export function parallelChart(options: ParallelChartOptions): string {
  const frame = new Frame(options, 360);
  const { axes, lines } = options;
  if (axes.length < 2 || lines.length === 0) return frame.drawEmpty(lines.length === 0 ? "no data" : "not enough axes");
  const box: Box = {
    ...frame.inner,
    top: frame.inner.top + 26,
    bottom: Math.max(frame.inner.bottom - 8, frame.inner.top + 46),
  };
  const scales = axes.map(({ scale }, index) =>
    createParallelScale(
      lines.map(({ values }) => values[index]),
      scale,
      [box.bottom, box.top],
    ),
  );
  const places = axisPlaces(scales, axes, box);
  const sorted = [...lines].sort((a, b) => Number(b.highlight ?? false) - Number(a.highlight ?? false));
  const drawn = sorted.slice(0, maxLines).reverse();
  const faded = drawn.some(({ highlight }) => highlight);
  const color = scaleLinear<string>()
    .domain(ramp.map((_, index) => box.bottom + ((box.top - box.bottom) * index) / (ramp.length - 1)))
    .range(ramp);
  const marks = drawn.map((one) => drawLine(one, { scales, places, faded, color }));
  const uprights = axes.map((axis, index) =>
    drawAxis(
      axis,
      scales[index] as ParallelScale,
      places[index] as number,
      box,
      index === axes.length - 1,
      (places[1] as number) - (places[0] as number),
    ),
  );
  const left = lines.length - drawn.length;
  const description = `Parallel coordinates of ${count(lines.length, "line")} over ${axes.map(({ name }) => name).join(", ")}${left > 0 ? `; ${count(left, "line")} not drawn` : ""}`;
  return frame.draw(
    description,
    html`<g fill="none" stroke-linejoin="round" stroke-linecap="round">${marks}</g>${uprights}`,
  );
}

const widestLabel = 120;

/** The axes at equal distances, with room for the labels left of the first and right of the last. */
function axisPlaces(scales: readonly ParallelScale[], axes: readonly ParallelAxis[], box: Box): number[] {
  const room = (index: number): number => {
    const labels = scales[index]?.ticks.map(({ label }) => textWidth(label, fontSize)) ?? [];
    const name = textWidth(axes[index]?.name ?? "", fontSize) / 2;
    return Math.max(Math.min(Math.max(0, ...labels), widestLabel) + 10, Math.min(name, widestLabel / 2));
  };
  const start = box.left + room(0);
  const end = Math.max(box.right - room(scales.length - 1), start + 20);
  return scales.map((_, index) => start + ((end - start) * index) / (scales.length - 1));
}

interface LinePlace {
  readonly scales: readonly ParallelScale[];
  readonly places: readonly number[];
  readonly faded: boolean;
  readonly color: (position: number) => string;
}

function drawLine(one: ParallelLine, { scales, places, faded, color }: LinePlace): Html {
  const ys = scales.map((scale, index) => scale.position(one.values[index]));
  const path = line<number | undefined>()
    .defined((y) => y !== undefined)
    .x((_, index) => places[index] ?? 0)
    .y((y) => y ?? 0)
    .curve(curveBumpX)
    .digits(1)(ys);
  if (path === null) return html``;
  const last = ys.at(-1);
  const stroke = last === undefined ? light.quiet : color(last);
  const isStrong = one.highlight === true;
  const values = one.values.map((value) => value ?? "").join(", ");
  return html`<path class="mark" d="${path}" stroke="${stroke}" stroke-width="${isStrong ? 3.5 : 1.75}"${faded && !isStrong && html` opacity=".6"`}><title>${one.name}: ${values}</title></path>`;
}

function drawAxis(axis: ParallelAxis, scale: ParallelScale, x: number, box: Box, isLast: boolean, room: number): Html {
  const side = isLast ? 1 : -1;
  const anchor = isLast ? html`` : html` text-anchor="end"`;
  const labels = scale.ticks.map(
    ({ position, label }) =>
      label !== "" &&
      html`<text class="quiet halo" fill="${light.quiet}" stroke="${light.ground}" stroke-width="3" paint-order="stroke" x="${px(x + side * 8)}" y="${px(position + 4)}"${anchor}>${fitText(label, fontSize, Math.min(isLast ? widestLabel : room - 16, widestLabel))}</text>`,
  );
  const ticks = scale.ticks.map(
    ({ position }) => html`<line x1="${px(x)}" x2="${px(x + side * 5)}" y1="${px(position)}" y2="${px(position)}"/>`,
  );
  const upright = html`<g class="axis" stroke="${light.quiet}"><line x1="${px(x)}" x2="${px(x)}" y1="${px(box.top)}" y2="${px(box.bottom)}"/>${ticks}</g>`;
  const name = html`<text class="text" fill="${light.text}" font-weight="600" text-anchor="middle" x="${px(x)}" y="${px(box.top - 12)}">${fitText(axis.name, fontSize, Math.min(room - 6, 130))}</text>`;
  return html`${upright}${labels}${name}`;
}
