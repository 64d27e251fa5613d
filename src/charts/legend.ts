import { groupThousands } from "../internal/group-thousands.ts";
import { html, type Html } from "../internal/html.ts";
import { type Box, fontSize } from "./frame.ts";
import { count, fitText, px, textWidth } from "./text.ts";
import { light } from "./theme.ts";

/** One entry. */
export interface LegendItem {
  readonly name: string;
  readonly color: string;
  readonly strong: boolean;
}

/** The drawn legend and the space it took. */
export interface Legend {
  readonly content: Html;
  readonly height: number;
}

const swatch = 16;
const rowHeight = 20;
const maxItems = 14;

/** Names of the series with their colours, in rows above the plot; strong ones first. None for a single series. */
export function drawLegend(items: readonly LegendItem[], box: Box, noun: string, undrawn: number): Legend {
  if (items.length < 2) return { content: html``, height: 0 };
  const sorted = [...items.filter(({ strong }) => strong), ...items.filter(({ strong }) => !strong)];
  const width = box.right - box.left;
  let x = 0;
  let row = 0;
  const place = (needed: number): { x: number; y: number } => {
    if (x > 0 && x + needed > width) {
      x = 0;
      row += 1;
    }
    const at = { x: box.left + x, y: box.top + row * rowHeight };
    x += needed + 16;
    return at;
  };
  const drawn = sorted.slice(0, maxItems).map(({ name, color, strong }) => {
    const label = fitText(name, fontSize, Math.min(width - swatch - 6, 220));
    const at = place(swatch + 6 + textWidth(label, fontSize));
    const y = px(at.y + 6);
    return html`<line x1="${px(at.x)}" x2="${px(at.x + swatch)}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="${strong ? 4 : 2.5}" stroke-linecap="round"/><text x="${px(at.x + swatch + 6)}" y="${px(at.y + 10)}"${strong && html` font-weight="600"`}>${label}</text>`;
  });
  const rest = items.length - maxItems;
  const more =
    rest > 0
      ? `and ${count(rest, `more ${noun}`)}${undrawn > 0 ? `, ${groupThousands(undrawn)} of them not drawn` : ""}`
      : "";
  const at = place(textWidth(more, fontSize));
  const tail =
    more !== "" && html`<text class="quiet" fill="${light.quiet}" x="${px(at.x)}" y="${px(at.y + 10)}">${more}</text>`;
  return { content: html`<g class="text" fill="${light.text}">${drawn}</g>${tail}`, height: (row + 1) * rowHeight + 4 };
}
