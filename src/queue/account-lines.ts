import type { ReceiptLine } from "./types.ts";

/** What one writer has put of one kind and key of a run; kept with the chunks, so that receipts outlive the process. */
export interface AccountLine extends Pick<ReceiptLine, "kind" | "key" | "logged" | "dropped"> {
  /** Calls that could not be sent as they were: counted, never stored. */
  readonly refused: number;
  /** Of a metric: which points there are. */
  readonly points?: PointFigures;
}

/** Which points of a metric were put: how many, how far they go, and the sum of their hashes. */
export interface PointFigures {
  /** Points that were looked at. */
  readonly counted: number;
  /** Of these, such as were there before. */
  readonly repeats: number;
  /** False once a point could be one of an earlier chunk. */
  readonly exact: boolean;
  /** The two halves of the sum over the different ones. */
  readonly low: number;
  readonly high: number;
  /** Least and greatest step and timestamp. */
  readonly steps: readonly [least: number, greatest: number];
  readonly timestamps: readonly [least: number, greatest: number];
}

/** Lines as text, the shortest that JSON can say. */
export function encodeLines(lines: readonly AccountLine[]): string {
  return JSON.stringify(
    lines.map(({ kind, key, logged, dropped, refused, points }) => {
      const line: unknown[] = [kind, key, logged, dropped, refused];
      if (!points) return line;
      const { counted, repeats, exact, low, high, steps, timestamps } = points;
      return [...line, counted, repeats, exact ? 1 : 0, low, high, ...steps, ...timestamps];
    }),
  );
}

/** The lines of `encodeLines`; undefined when that is not what the text is. */
export function decodeLines(text: string): readonly AccountLine[] | undefined {
  try {
    return (JSON.parse(text) as [ReceiptLine["kind"], string, ...number[]][]).map(
      ([kind, key, logged = 0, dropped = 0, refused = 0, counted, ...rest]) => {
        if (typeof kind !== "string" || typeof key !== "string") throw new TypeError("not a line");
        const line = { kind, key, logged, dropped, refused };
        if (counted === undefined) return line;
        const [repeats = 0, exact, low = 0, high = 0, a = 0, b = 0, c = 0, d = 0] = rest;
        return {
          ...line,
          points: {
            counted,
            repeats,
            exact: exact === 1,
            low,
            high,
            steps: [a, b] as const,
            timestamps: [c, d] as const,
          },
        };
      },
    );
  } catch {
    return undefined;
  }
}
