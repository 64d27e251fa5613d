/** One run as `python/read_store.py` prints it: all that MLflow's Python client can read of it. */
export interface StoredRun {
  readonly experiment: string;
  readonly runId: string;
  readonly name: string;
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly params: Record<string, string>;
  readonly tags: Record<string, string>;
  readonly metrics: Record<string, number | "NaN">;
  /** Per key: step, timestamp, value. */
  readonly history: Record<string, [number, number, number | "NaN"][]>;
  /** Per path: the content in base64. */
  readonly files: Record<string, string>;
}
