import type { SqlRow } from "./database.ts";

/** Turns the bigints of a row that a number holds exactly into numbers, in place; larger ones stay bigint. */
export function shrinkBigInts<R extends SqlRow>(row: R): R {
  for (const column in row) {
    const value = row[column];
    if (typeof value === "bigint") {
      const number = Number(value);
      if (Number.isSafeInteger(number)) (row as SqlRow)[column] = number;
    }
  }
  return row;
}
