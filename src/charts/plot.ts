import { html, type Html } from "../internal/html.ts";
import { xAxis, yAxis, yAxisWidth } from "./axes.ts";
import type { Box, Frame } from "./frame.ts";
import { drawLegend, type LegendItem } from "./legend.ts";
import { extent } from "./numbers.ts";
import { createScale, type Scale } from "./scale.ts";
import type { AxisOptions } from "./types.ts";

/** Data of a chart with an x and a y axis. */
export interface PlotData {
  readonly xs: readonly ArrayLike<number>[];
  readonly ys: readonly ArrayLike<number>[];
  readonly x: AxisOptions | undefined;
  readonly y: AxisOptions | undefined;
  readonly legend: readonly LegendItem[];
  /** What the series are called, such as `line`. */
  readonly noun: string;
  /** Round the x axis up to whole ticks, and draw its lines too. */
  readonly roundX: boolean;
}

/** Scales, and all that stands around the data. */
export interface Plot {
  readonly box: Box;
  readonly x: Scale;
  readonly y: Scale;
  readonly content: Html;
  /** `x from 0 to 20, y from 0.1 to 2`. */
  readonly ranges: string;
}

/** Lays out axes and legend; undefined when nothing can be drawn. */
export function layOutPlot(frame: Frame, data: PlotData): Plot | undefined {
  const xKind = data.x?.scale ?? "linear";
  const yKind = data.y?.scale ?? "linear";
  const xDomain = extent(data.xs, xKind);
  const yDomain = extent(data.ys, yKind);
  if (xDomain === undefined || yDomain === undefined) return undefined;
  const legend = drawLegend(data.legend, frame.inner, data.noun, data.legend.length - data.xs.length);
  const top = frame.inner.top + legend.height + (data.y?.label === undefined ? 4 : 20);
  const bottom = frame.inner.bottom - (data.x?.label === undefined ? 18 : 34);
  // Twenty pixels at least, so that a chart too small for its legend is still a drawing.
  const ySpan: [number, number] = [Math.max(bottom, top + 20), top];
  const y = createScale({ kind: yKind, domain: yDomain, range: ySpan, ticks: tickCount(bottom - top, 46), nice: true });
  const box: Box = { left: frame.inner.left + yAxisWidth(y), top, right: frame.inner.right - 4, bottom: ySpan[0] };
  const x = createScale({
    kind: xKind,
    domain: xDomain,
    range: [box.left + (data.roundX ? 0 : 2), box.right],
    ticks: tickCount(box.right - box.left, 72),
    whole: data.xs.every(isWhole),
    nice: data.roundX,
  });
  const axes = html`${legend.content}${yAxis(y, box, data.y?.label)}${xAxis(x, box, data.x?.label, data.roundX)}`;
  const ranges = `${data.x?.label ?? "x"} from ${xDomain.join(" to ")}, ${data.y?.label ?? "y"} from ${yDomain.join(" to ")}`;
  return { box, x, y, content: axes, ranges };
}

function tickCount(length: number, each: number): number {
  return Math.max(2, Math.min(10, Math.round(length / each)));
}

function isWhole(list: ArrayLike<number>): boolean {
  for (let index = 0; index < list.length; index++) {
    const value = list[index] as number;
    if (Number.isFinite(value) && !Number.isInteger(value)) return false;
  }
  return true;
}
