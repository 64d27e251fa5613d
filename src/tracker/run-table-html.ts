import { groupThousands } from "../internal/group-thousands.ts";
import { html, Html } from "../internal/html.ts";
import { cellData, cellText, columnTitle, isNumeric } from "./run-table-cells.ts";
import type { CellRow, TableFacts } from "./shown-table.ts";

// Colours come from the page: a notebook or a report may be light or dark.
const style: Html = new Html(
  `<style>
.tracklet-runs{border-collapse:collapse;font-variant-numeric:tabular-nums;line-height:1.35}
.tracklet-runs th,.tracklet-runs td{padding:.3em .8em;text-align:left;white-space:nowrap;border:0;border-bottom:1px solid color-mix(in srgb,currentColor 14%,transparent)}
.tracklet-runs thead th{font-weight:600;vertical-align:bottom}
.tracklet-runs small{display:block;font-weight:400;opacity:.6}
.tracklet-runs .number{text-align:right}
.tracklet-runs tbody tr:hover{background:color-mix(in srgb,currentColor 6%,transparent)}
.tracklet-runs caption{caption-side:bottom;text-align:left;padding:.4em .8em;opacity:.7}
</style>`,
);

/** The table as an HTML element with its style; all texts are escaped. It has the first `most` rows, and says so. */
export function renderHtml(
  rows: readonly CellRow[],
  columns: readonly string[],
  { truncated, pending, words: [one, several] = ["run", "runs"] }: TableFacts,
  most: number = Number.POSITIVE_INFINITY,
): string {
  const numeric = columns.map((column) => isNumeric(rows, column));
  const css = (index: number): Html | undefined => (numeric[index] ? html` class="number"` : undefined);
  const head = columns.map((column, index) => {
    const { kind, title } = columnTitle(column);
    return html`<th scope="col"${css(index)}>${kind !== "" && html`<small>${kind}</small>`}${title}</th>`;
  });
  const body = rows
    .slice(0, most)
    .map((row) => html`<tr>${columns.map((column, index) => cell(row, column, css(index)))}</tr>\n`);
  const notes = [
    `${groupThousands(rows.length)} ${rows.length === 1 ? one : several}`,
    rows.length > most && `the first ${groupThousands(most)} are shown: toHTML() has all`,
    truncated && "the server has more",
    pending > 0 && `${groupThousands(pending)} writes not delivered yet`,
  ].filter((note) => note !== false);
  return html`<table class="tracklet-runs">${style}<caption>${notes.join("; ")}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody></table>`.text;
}

function cell(row: CellRow, column: string, css: Html | undefined): Html {
  const text = cellText(row, column);
  const data = cellData(row[column]) ?? "";
  return html`<td${css}${text !== data && html` title="${data}"`}>${text}</td>`;
}
