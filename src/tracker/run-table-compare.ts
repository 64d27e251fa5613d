import type { CellRow } from "./shown-table.ts";
import type { Cell } from "./table-types.ts";

/** How two rows compare by a column: numbers and times by value, texts that are numbers as numbers, nothing last. */
export function compareByColumn(column: string, direction: "asc" | "desc"): (a: CellRow, b: CellRow) => number {
  if (direction !== "asc" && direction !== "desc") {
    throw new TypeError(
      `Cannot sort as the direction must be "asc" or "desc": current value is "${String(direction)}"`,
    );
  }
  const sign = direction === "asc" ? 1 : -1;
  return (a, b) => {
    const left = a[column];
    const right = b[column];
    if (isNothing(left) || isNothing(right)) return Number(isNothing(left)) - Number(isNothing(right));
    return sign * compareValues(left, right);
  };
}

type Something = NonNullable<Cell>;

function isNothing(value: Cell | undefined): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value instanceof Date ? value.getTime() : value);
}

function compareValues(a: Something, b: Something): number {
  const left = asNumber(a);
  const right = asNumber(b);
  if (left !== undefined && right !== undefined) return left < right ? -1 : Number(left > right);
  // Numbers before texts, so that a mixed column has one order.
  if (left !== undefined) return -1;
  if (right !== undefined) return 1;
  return a < b ? -1 : Number(a > b);
}

function asNumber(value: Something): number | undefined {
  if (typeof value !== "string") return Number(value);
  // Params are texts: "0.1" must not sort after "0.01e3", nor "10" before "9".
  const number = value.trim() === "" ? Number.NaN : Number(value);
  return Number.isNaN(number) ? undefined : number;
}
