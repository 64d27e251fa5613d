/** A point of a metric's history. */
export interface SeedPoint {
  readonly value: number;
  /** @default the place in the list */
  readonly step?: number;
  /** Milliseconds since 1970. @default one second per step after the run's start */
  readonly timestamp?: number;
}

/** A run to make. */
export interface SeedRun {
  readonly name?: string;
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** By key: one value, values by step, or points. */
  readonly metrics?: Readonly<Record<string, number | readonly (number | SeedPoint)[]>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** By path within the run. */
  readonly artifacts?: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;
  /** @default "FINISHED" */
  readonly status?: "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
  /** Milliseconds since 1970. @default 2023-11-14T22:13:20Z and one minute later for each further run */
  readonly startTime?: number;
  /** Milliseconds since 1970. @default the start, unless the run is RUNNING or SCHEDULED */
  readonly endTime?: number;
  /** Runs nested below this one. */
  readonly children?: readonly SeedRun[];
}

/** An experiment to make, or to add runs to when one of that name is there. */
export interface SeedExperiment {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly runs?: readonly SeedRun[];
}

/** A run that was made. */
export interface SeededRun {
  readonly runId: string;
  readonly name: string;
  readonly children: readonly SeededRun[];
}

/** An experiment that was made. */
export interface SeededExperiment {
  readonly experimentId: string;
  readonly name: string;
  readonly runs: readonly SeededRun[];
}
