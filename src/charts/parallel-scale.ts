import { scalePoint } from "d3-scale";
import { extent, isDrawable } from "./numbers.ts";
import { createScale, type Tick } from "./scale.ts";

/** One value of a line: a number, a category, or nothing. Texts that are numbers count as numbers. */
export type ParallelValue = number | string | boolean | null | undefined;

/** One upright axis: where a value stands on it; undefined is a gap. */
export interface ParallelScale {
  readonly ticks: readonly Tick[];
  position(value: ParallelValue): number | undefined;
}

const maxCategories = 24;

/** Numbers where all values are numbers, else one place per category in order of appearance. */
export function createParallelScale(
  values: readonly ParallelValue[],
  kind: "linear" | "log" | "category" | undefined,
  range: readonly [number, number],
): ParallelScale {
  const present = values.filter((value) => value !== null && value !== undefined && value !== "");
  const isNumeric = present.every((value) => typeof value === "number" || !Number.isNaN(toNumber(value)));
  return kind === "category" || (kind === undefined && !isNumeric)
    ? categories(present, range)
    : numbers(present, kind ?? "linear", range);
}

function toNumber(value: ParallelValue): number {
  if (typeof value === "string" && value.trim() !== "") return Number(value);
  return typeof value === "number" ? value : Number.NaN;
}

function numbers(
  values: readonly ParallelValue[],
  kind: "linear" | "log",
  range: readonly [number, number],
): ParallelScale {
  const domain = extent([values.map(toNumber)], kind);
  if (domain === undefined) return { ticks: [], position: () => undefined };
  const scale = createScale({
    kind,
    domain,
    range,
    ticks: 6,
    whole: values.every((value) => Number.isInteger(toNumber(value))),
  });
  const distinct = [...new Set(values.map(toNumber))].filter((value) => isDrawable(value, kind));
  // A sweep has few values: these are the ticks that matter.
  const own =
    distinct.length <= 6
      ? distinct.map((value) => ({ position: scale.position(value), label: String(Number(value.toPrecision(4))) }))
      : scale.ticks;
  return {
    ticks: apart(own),
    position: (value) => {
      const number = toNumber(value);
      return isDrawable(number, kind) ? scale.position(number) : undefined;
    },
  };
}

/** Of labels that would stand on each other only the first is kept. */
function apart(ticks: readonly Tick[]): Tick[] {
  let last = Number.POSITIVE_INFINITY;
  const fromBelow = [...ticks].sort((a, b) => b.position - a.position);
  return fromBelow.map((tick) => {
    if (tick.label === "" || last - tick.position < 14) return { ...tick, label: "" };
    last = tick.position;
    return tick;
  });
}

function categories(values: readonly ParallelValue[], range: readonly [number, number]): ParallelScale {
  const names = [...new Set(values.map(String))];
  const scale = scalePoint<string>().domain(names).range(range).padding(0.5);
  const every = Math.ceil(names.length / maxCategories);
  return {
    ticks: names.map((name, index) => ({ position: scale(name) ?? 0, label: index % every === 0 ? name : "" })),
    position: (value) => (value === null || value === undefined || value === "" ? undefined : scale(String(value))),
  };
}
