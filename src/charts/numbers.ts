/** True for what can be drawn. MLflow gives infinities back as the greatest finite number: also not drawn. */
export function isDrawable(value: number | undefined, scale: "linear" | "log" = "linear"): value is number {
  return value !== undefined && Math.abs(value) < 1e300 && (scale === "linear" || value > 0);
}

/** Least and greatest drawable value; undefined when there is none. */
export function extent(
  lists: Iterable<ArrayLike<number>>,
  scale: "linear" | "log" = "linear",
): [low: number, high: number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const list of lists) {
    // An index and not an iterator: a history may hold a million points.
    for (let index = 0; index < list.length; index++) {
      const value = list[index];
      if (!isDrawable(value, scale)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** Checks a number of pixels. */
export function pixels(name: string, value: number): number {
  if (value >= 120 && value <= 10_000) return value;
  throw new RangeError(`Cannot use ${name} as it must be 120 to 10000 pixels: current value is ${value}`);
}
