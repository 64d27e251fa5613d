import { groupThousands } from "../internal/group-thousands.ts";
import { displayWidth, pad, printable, truncate } from "../internal/terminal-text.ts";
import { cellText, columnTitle, isNumeric } from "./run-table-cells.ts";
import type { CellRow } from "./shown-table.ts";

/** What is printed, and how wide. */
export interface TextTable {
  readonly rows: readonly CellRow[];
  readonly columns: readonly string[];
  /** Which columns to keep where there is no room for all. @default from the left */
  readonly ranked?: readonly string[] | undefined;
  readonly truncated: boolean;
  readonly pending: number;
  /** Columns of the terminal. */
  readonly width: number;
  readonly colors: boolean;
  /** What one row is called, and several. @default ["run", "runs"] */
  readonly words?: readonly [one: string, several: string];
}

const maxRows = 30;
const widestCell = 32;
const gap = "  ";

interface TextColumn {
  readonly column: string;
  readonly kind: string;
  readonly width: number;
  readonly align: "left" | "right";
  readonly title: string;
  readonly cells: readonly string[];
}

/** The table as text, each line at most `width` columns wide. */
export function renderText(table: TextTable): string {
  const { rows, width, colors, words: [, several] = ["run", "runs"] } = table;
  if (rows.length === 0) return [`no ${several}`, ...footnotes(table, 0)].join("\n");
  const shown = rows.slice(0, maxRows);
  const all = table.columns.map((column) => layOut(shown, column)).map(roomForGroup);
  const columns = fitting(all, table.ranked ?? table.columns, width);
  const line = (texts: readonly string[]): string => texts.join(gap).trimEnd();
  const dim = (text: string): string => (colors && text !== "" ? `\u001b[2m${text}\u001b[22m` : text);
  const lines = [
    ...(columns.some(({ kind }) => kind !== "") ? [dim(groupLine(columns, width))] : []),
    dim(line(columns.map((column) => pad(column.title, column.width, column.align)))),
    ...shown.map((_, row) => line(columns.map((column) => pad(column.cells[row] ?? "", column.width, column.align)))),
  ];
  return [...lines, ...footnotes(table, all.length - columns.length).map(dim)].join("\n");
}

function layOut(rows: readonly CellRow[], column: string): TextColumn {
  const { kind, title } = columnTitle(column);
  const texts = [title, ...rows.map((row) => cellText(row, column))];
  const [head = "", ...cells] = texts.map((text) => truncate(printable(text), widestCell));
  const width = Math.max(...[head, ...cells].map(displayWidth));
  return { column, kind, title: head, cells, width, align: isNumeric(rows, column) ? "right" : "left" };
}

/** The columns that fit, chosen by rank and left in their order; the first is cut rather than left out. */
function fitting(columns: readonly TextColumn[], ranked: readonly string[], width: number): TextColumn[] {
  const byName = new Map(columns.map((column) => [column.column, column]));
  const kept = new Set<TextColumn>();
  let used = 0;
  for (const name of ranked) {
    const column = byName.get(name);
    if (column === undefined) continue;
    const next = used + column.width + (used > 0 ? gap.length : 0);
    if (next > width) continue;
    kept.add(column);
    used = next;
  }
  const [first] = columns;
  if (kept.size > 0 || first === undefined) return columns.filter((column) => kept.has(column));
  const cut = (text: string): string => truncate(text, width);
  return [{ ...first, width, title: cut(first.title), cells: first.cells.map(cut) }];
}

function isAlone(column: TextColumn, index: number, all: readonly TextColumn[]): boolean {
  return column.kind !== all[index - 1]?.kind && column.kind !== all[index + 1]?.kind;
}

/** A column that is a group of its own is at least as wide as the group's name. */
function roomForGroup(column: TextColumn, index: number, all: readonly TextColumn[]): TextColumn {
  return isAlone(column, index, all) ? { ...column, width: Math.max(column.width, column.kind.length) } : column;
}

/** `metrics` and `params` above the first of their columns. */
function groupLine(columns: readonly TextColumn[], width: number): string {
  let line = "";
  let start = 0;
  for (const [index, column] of columns.entries()) {
    const { kind } = column;
    const indent = isAlone(column, index, columns) && column.align === "right" ? column.width - kind.length : 0;
    if (kind !== columns[index - 1]?.kind && kind !== "") line = `${line.padEnd(start + indent)}${kind} `;
    start += column.width + gap.length;
  }
  return truncate(line.trimEnd(), width);
}

function footnotes(table: TextTable, hiddenColumns: number): string[] {
  const { rows, truncated, pending, words: [one, several] = ["run", "runs"] } = table;
  const notes: string[] = [];
  const hiddenRows = rows.length - Math.min(rows.length, maxRows);
  if (hiddenRows > 0) notes.push(`${groupThousands(hiddenRows)} more ${hiddenRows === 1 ? one : several} in .rows`);
  if (hiddenColumns > 0) {
    notes.push(
      `${groupThousands(hiddenColumns)} more ${hiddenColumns === 1 ? "column" : "columns"}: .select() shows them`,
    );
  }
  if (truncated) notes.push(`the server has more ${several}: raise maxResults`);
  if (pending > 0) notes.push(`${groupThousands(pending)} writes not delivered yet`);
  return notes.map((note) => truncate(`… ${note}`, table.width));
}
