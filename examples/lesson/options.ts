import { parseArgs } from "node:util";
import { mostRuns, type SweepOptions } from "./sweep.ts";

/** `--epochs 40 --runs 8`. */
export function readOptions(): SweepOptions {
  const { values } = parseArgs({ options: { epochs: { type: "string" }, runs: { type: "string" } } });
  return {
    epochs: whole("--epochs", values.epochs ?? "40", 1000),
    runs: whole("--runs", values.runs ?? String(mostRuns), mostRuns),
  };
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(`Cannot use ${name} as it must be 1 to ${most}: current value is "${text}"`);
}
