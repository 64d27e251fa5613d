import { isDrawable } from "./numbers.ts";
import type { Scale } from "./scale.ts";

/** A point in pixels; undefined is a gap. */
export type PixelPoint = readonly [x: number, y: number] | undefined;

/**
 * The points of a line in pixels. Of the points that fall on one column of pixels the first, the lowest, the highest
 * and the last are kept, in their order: the picture is the same, and a million points are a few thousand.
 */
export function linePoints(xs: ArrayLike<number>, ys: ArrayLike<number>, x: Scale, y: Scale): PixelPoint[] {
  const points: PixelPoint[] = [];
  let column: (readonly [number, number])[] = [];
  const close = (): void => {
    points.push(...thinned(column));
    column = [];
  };
  for (let index = 0; index < ys.length; index++) {
    const valueX = xs[index];
    const valueY = ys[index];
    if (!isDrawable(valueX, x.kind) || !isDrawable(valueY, y.kind)) {
      close();
      if (points.length > 0 && points.at(-1) !== undefined) points.push(undefined);
      continue;
    }
    const point = [x.position(valueX), y.position(valueY)] as const;
    const before = column[0];
    if (before !== undefined && Math.floor(before[0]) !== Math.floor(point[0])) close();
    column.push(point);
  }
  close();
  return points;
}

function thinned(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  if (points.length <= 4) return points;
  let low = 0;
  let high = 0;
  for (const [index, [, y]] of points.entries()) {
    if (y < (points[low] as readonly [number, number])[1]) low = index;
    if (y > (points[high] as readonly [number, number])[1]) high = index;
  }
  const kept = [...new Set([0, Math.min(low, high), Math.max(low, high), points.length - 1])];
  return kept.map((index) => points[index] as readonly [number, number]);
}
