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
  const rows: number[] = [];
  for (let row = 0; row < columns.count; row++) if (keep(row)) rows.push(row);
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  return {
    count: rows.length,
    keys: columns.keys,
    key: Uint8Array.from(rows, (row) => columns.key[row]!),
    value: pick(columns.value),
    timestamp: pick(columns.timestamp),
    step: pick(columns.step),
  };
}
