import { scaleBand } from "d3-scale";
import { formatNumber } from "../internal/format.ts";
import { html, type Html } from "../internal/html.ts";
import { type Box, fontSize, Frame } from "./frame.ts";
import { extent, isDrawable } from "./numbers.ts";
import { createScale, type Scale } from "./scale.ts";
import { count, fitText, px, textWidth } from "./text.ts";
import { light, seriesColor } from "./theme.ts";
import type { ChartOptions } from "./types.ts";

/** One bar. */
export interface Bar {
  /** Stands left of the bar. */
  readonly name: string;
  /** NaN and infinities have no bar, but their name and value are shown. */
  readonly value: number;
  /** Draw this bar stronger than the others. */
  readonly highlight?: boolean;
}

/** What a bar chart shows. */
export interface BarChartOptions extends ChartOptions {
  /** From top to bottom. */
  readonly bars: readonly Bar[];
}

const rowHeight = 26;
const maxBars = 200;

/**
 * Bars from left to right, one below the other, such as one metric of several runs. Each says its value.
 *
 * @returns SVG text. At most 200 bars are drawn; the chart says how many it leaves out.
 * @throws RangeError when the size is not 120 to 10,000 pixels.
 * @example
 * ```ts
 * import { barChart } from "tracklet/charts";
 *
 * const svg = barChart({ title: "val_acc", bars: [{ name: "calm-heron-42", value: 0.97, highlight: true }] });
 * ```
 */
export function barChart(options: BarChartOptions): string {
  const bars = options.bars.slice(0, maxBars);
  const left = options.bars.length - bars.length;
  const frame = new Frame(
    options,
    Math.max(120, (options.title === undefined ? 32 : 62) + rowHeight * (bars.length + Number(left > 0))),
  );
  if (bars.length === 0) return frame.drawEmpty("no data");
  const { inner } = frame;
  const nameWidth = Math.min(
    (inner.right - inner.left) * 0.4,
    Math.max(...bars.map(({ name }) => textWidth(name, fontSize))),
  );
  const valueWidth = Math.max(...bars.map(({ value }) => textWidth(formatNumber(value), fontSize))) + 8;
  const [low, high] = extent([bars.map(({ value }) => value)]) ?? [0, 1];
  const box: Box = { ...inner, left: inner.left + nameWidth + 12, bottom: inner.bottom - (left > 0 ? rowHeight : 0) };
  // Room for the values of negative bars too, which stand at their left end.
  const range: [number, number] = [
    box.left + (low < 0 ? valueWidth : 0),
    Math.max(box.right - valueWidth, box.left + 10),
  ];
  const scale = createScale({ kind: "linear", domain: [Math.min(0, low), Math.max(0, high)], range, ticks: 5 });
  const rows = scaleBand<number>().domain(bars.keys()).range([box.top, box.bottom]).paddingInner(0.28);
  const faded = bars.some(({ highlight }) => highlight);
  const drawn = bars.map((bar, index) =>
    drawBar(bar, { y: rows(index) ?? box.top, height: rows.bandwidth(), left: inner.left, nameWidth, scale, faded }),
  );
  const zero = px(scale.position(0));
  const axis = html`<line class="axis" stroke="${light.quiet}" x1="${zero}" x2="${zero}" y1="${px(box.top)}" y2="${px(box.bottom)}"/>`;
  const note =
    left > 0 &&
    html`<text class="quiet" fill="${light.quiet}" x="${px(inner.left)}" y="${px(inner.bottom - 4)}">and ${count(left, "more bar")}</text>`;
  const description = `Bar chart of ${count(options.bars.length, "bar")}, from ${formatNumber(low)} to ${formatNumber(high)}`;
  return frame.draw(description, html`${drawn}${axis}${note}`);
}

interface BarPlace {
  readonly y: number;
  readonly height: number;
  readonly left: number;
  readonly nameWidth: number;
  readonly scale: Scale;
  readonly faded: boolean;
}

function drawBar({ name, value, highlight = false }: Bar, place: BarPlace): Html {
  const { y, height, left, nameWidth, scale, faded } = place;
  const zero = scale.position(0);
  const end = isDrawable(value) ? scale.position(value) : zero;
  const isNegative = end < zero;
  const middle = px(y + height / 2 + 4);
  const weight = highlight && html` font-weight="600"`;
  const bar = html`<rect x="${px(Math.min(zero, end))}" y="${px(y)}" width="${px(Math.abs(end - zero))}" height="${px(height)}" rx="2" fill="${seriesColor(0)}"${faded && !highlight && html` opacity=".5"`}/>`;
  const text = html`<text class="text" fill="${light.text}" x="${px(end + (isNegative ? -6 : 6))}" y="${middle}"${isNegative && html` text-anchor="end"`}${weight}>${formatNumber(value)}</text>`;
  const label = html`<text class="text" fill="${light.text}" x="${px(left + nameWidth)}" y="${middle}" text-anchor="end"${weight}>${fitText(name, fontSize, nameWidth + 2)}</text>`;
  return html`<g><title>${name}: ${String(value)}</title>${label}${bar}${text}</g>`;
}
