import { scaleLinear, scaleLog } from "d3-scale";
import { formatNumber } from "../internal/format.ts";
import type { AxisOptions } from "./types.ts";

/** From values to pixels, with the ticks of its axis. */
export interface Scale {
  readonly kind: "linear" | "log";
  position(value: number): number;
  readonly ticks: readonly Tick[];
}

/** A tick; one without a label is a line only. */
export interface Tick {
  readonly position: number;
  readonly label: string;
}

/** What a scale is made from. */
export interface ScaleOptions {
  readonly kind: NonNullable<AxisOptions["scale"]>;
  /** Least and greatest value. */
  readonly domain: readonly [number, number];
  /** Pixels of these. */
  readonly range: readonly [number, number];
  /** About how many ticks. */
  readonly ticks: number;
  /** Whole numbers only, such as steps. */
  readonly whole?: boolean;
  /** Widen the domain to round numbers. */
  readonly nice?: boolean;
}

export function createScale(options: ScaleOptions): Scale {
  return options.kind === "log" ? logScale(options) : linearScale(options);
}

function linearScale({ domain, range, ticks, whole = false, nice = false }: ScaleOptions): Scale {
  const scale = scaleLinear().domain(roomy(domain, whole)).range(range);
  if (nice) scale.nice(ticks);
  const values = scale.ticks(ticks).filter((value) => !whole || Number.isInteger(value));
  const label = whole ? formatNumber : tickLabels(scale, values, ticks);
  return {
    kind: "linear",
    position: (value) => scale(value),
    ticks: values.map((value) => ({ position: scale(value), label: label(value) })),
  };
}

/** A domain of one value gets room on both sides, or its line would have no height. */
function roomy([low, high]: readonly [number, number], whole: boolean): [number, number] {
  if (high > low) return [low, high];
  const room = whole ? 1 : Math.abs(low) * 0.1 || 1;
  return [low - room, high + room];
}

function tickLabels(
  scale: { tickFormat(count: number, specifier?: string): (value: number) => string },
  values: readonly number[],
  count: number,
): (value: number) => string {
  const largest = Math.max(0, ...values.map(Math.abs));
  const isPlain = largest === 0 || (largest >= 1e-3 && largest < 1e6);
  const format = scale.tickFormat(count, isPlain ? undefined : "~e");
  return (value) => (value === 0 ? "0" : format(value).replace("e+", "e"));
}

function logScale({ domain: [low, high], range, ticks, nice = false }: ScaleOptions): Scale {
  // Not widened to whole powers of ten: half of the chart could be empty.
  const room = high > low ? (nice ? (high / low) ** 0.04 : 1) : 2;
  const scale = scaleLog()
    .domain([low / room, high * room])
    .range(range);
  const values = scale.ticks(ticks);
  const powers = values.filter(isPowerOfTen);
  // With two powers of ten in sight these alone are named; the lines between them show that the axis is a log one.
  const named = powers.length >= 2 ? powers : values.filter(isRound);
  return {
    kind: "log",
    position: (value) => scale(value),
    ticks: values.map((value) => ({
      position: scale(value),
      label: named.length === 0 || named.includes(value) ? formatNumber(value) : "",
    })),
  };
}

function isPowerOfTen(value: number): boolean {
  return firstDigit(value) === 1;
}

function isRound(value: number): boolean {
  return [1, 2, 5].includes(firstDigit(value));
}

/** 0.003 gives 3. */
function firstDigit(value: number): number {
  return Number(Number(value.toExponential(6).split("e")[0]).toFixed(3));
}
