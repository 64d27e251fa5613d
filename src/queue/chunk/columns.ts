/** Points of one run as columns: row `n` is point `n`. */
export interface MetricColumns {
  readonly count: number;
  /** Key dictionary. */
  readonly keys: readonly string[];
  /** Index into `keys`. */
  readonly key: Uint8Array;
  readonly value: Float64Array;
  /** Milliseconds since 1970. */
  readonly timestamp: Float64Array;
  readonly step: Float64Array;
}

/** The rows of `columns` for which `keep` holds, in their order. */
export function pickRows(columns: MetricColumns, keep: (row: number) => boolean): MetricColumns {
  const rows = new Uint16Array(columns.count);
  let count = 0;
  for (let row = 0; row < columns.count; row++) if (keep(row)) rows[count++] = row;
  const pick = <T extends Uint8Array | Float64Array>(column: T, picked: T): T => {
    for (let row = 0; row < count; row++) picked[row] = column[rows[row]!]!;
    return picked;
  };
  return {
    count,
    keys: columns.keys,
    key: pick(columns.key, new Uint8Array(count)),
    value: pick(columns.value, new Float64Array(count)),
    timestamp: pick(columns.timestamp, new Float64Array(count)),
    step: pick(columns.step, new Float64Array(count)),
  };
}
