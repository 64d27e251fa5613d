import { html, type Html } from "../internal/html.ts";
import type { Box } from "./frame.ts";
import { fontSize } from "./frame.ts";
import type { Scale } from "./scale.ts";
import { fitText, px, textWidth } from "./text.ts";
import { light } from "./theme.ts";

/** Pixels left of the plot for the labels of the y axis. */
export function yAxisWidth(scale: Scale): number {
  return Math.max(16, ...scale.ticks.map(({ label }) => textWidth(label, fontSize))) + 10;
}

/** Lines and labels of the y axis; the axis' name stands above it, where it can be read without turning the head. */
export function yAxis(scale: Scale, box: Box, name: string | undefined): Html {
  const lines = scale.ticks.map(
    ({ position, label }) =>
      html`<line class="grid" x1="${px(box.left)}" x2="${px(box.right)}" y1="${px(position)}" y2="${px(position)}"${label === "" && html` opacity=".5"`}/>`,
  );
  const labels = scale.ticks.map(
    ({ position, label }) =>
      label !== "" && html`<text x="${px(box.left - 8)}" y="${px(position + 4)}">${label}</text>`,
  );
  const above =
    name !== undefined &&
    html`<text class="quiet" fill="${light.quiet}" x="${px(box.left)}" y="${px(box.top - 9)}">${fitText(name, fontSize, box.right - box.left)}</text>`;
  return html`<g stroke="${light.grid}">${lines}</g><g class="quiet" fill="${light.quiet}" text-anchor="end">${labels}</g>${above}`;
}

/** Line, ticks and labels of the x axis, with its name at the right end. */
export function xAxis(scale: Scale, box: Box, name: string | undefined, grid: boolean): Html {
  const y = box.bottom;
  const ticks = scale.ticks.map(
    ({ position }) =>
      html`<line${grid && html` class="grid" stroke="${light.grid}"`} x1="${px(position)}" x2="${px(position)}" y1="${px(grid ? box.top : y)}" y2="${px(y + 4)}"/>`,
  );
  const labels = clear(scale).map(
    ({ position, label }) => html`<text x="${px(position)}" y="${px(y + 18)}">${label}</text>`,
  );
  const below =
    name !== undefined &&
    html`<text class="quiet" fill="${light.quiet}" text-anchor="end" x="${px(box.right)}" y="${px(y + 36)}">${fitText(name, fontSize, box.right - box.left)}</text>`;
  const line = html`<line x1="${px(box.left)}" x2="${px(box.right)}" y1="${px(y)}" y2="${px(y)}"/>`;
  return html`<g class="axis" stroke="${light.quiet}">${ticks}${line}</g><g class="quiet" fill="${light.quiet}" text-anchor="middle">${labels}</g>${below}`;
}

/** The labels that do not run into the one before. */
function clear(scale: Scale): { position: number; label: string }[] {
  const kept: { position: number; label: string }[] = [];
  let end = Number.NEGATIVE_INFINITY;
  const fromLeft = [...scale.ticks].sort((a, b) => a.position - b.position);
  for (const tick of fromLeft) {
    const half = textWidth(tick.label, fontSize) / 2;
    if (tick.label === "" || tick.position - half < end + 6) continue;
    kept.push(tick);
    end = tick.position + half;
  }
  return kept;
}
