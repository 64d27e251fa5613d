import { keyFault } from "../tracker/key.ts";

/** Values of metrics that a line tells. */
export interface MetricLine {
  readonly values: Readonly<Record<string, number>>;
  readonly step?: number;
}

/** Characters of a line that is looked at. */
const LONGEST = 10_000;
const colours = /\u001b\[[\d;?]*[A-Za-z]/g;
const specials: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
};

/**
 * The metrics of a line such as `loss=0.31 accuracy=9e-1 step=7`: nothing but pairs of a key and a number, between spaces
 * or commas. Undefined for any other line, which is output and no more.
 */
export function readMetricLine(line: string): MetricLine | undefined {
  if (line.length > LONGEST || !line.includes("=")) return undefined;
  const values: Record<string, number> = {};
  let step: number | undefined;
  for (const pair of line.replace(colours, "").split(/[\s,]+/)) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const [key, value] = [pair.slice(0, at), numberOf(pair.slice(at + 1))];
    if (at < 1 || value === undefined || keyFault(key) !== undefined) return undefined;
    if (key !== "step") values[key] = value;
    else if (Number.isSafeInteger(value)) step = value;
    else return undefined;
  }
  if (Object.keys(values).length === 0) return undefined;
  return step === undefined ? { values } : { values, step };
}

/** As programs of any language print it, which `Number` alone would take more of. */
function numberOf(text: string): number | undefined {
  const [, sign = "", word = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const special = specials[word.toLowerCase()];
  if (special !== undefined) return sign === "-" ? -special : special;
  return /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(word) ? Number(text) : undefined;
}
