/** A point of a metric's history. */
export interface SeedPoint {
  /** The value; NaN and infinities are legal. */
  readonly value: number;
  /** Step of the point. @default the place in the list */
  readonly step?: number;
  /** Milliseconds since 1970. @default one second per step after the run's start */
  readonly timestamp?: number;
}

/** A run to make. */
export interface SeedRun {
  /** Name of the run. @default one that the server makes up */
  readonly name?: string;
  /** Params by key; values are written as text. */
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** By key: one value, values by step, or points. */
  readonly metrics?: Readonly<Record<string, number | readonly (number | SeedPoint)[]>>;
  /** Tags by key. */
  readonly tags?: Readonly<Record<string, string>>;
  /** By path within the run. */
  readonly artifacts?: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;
  /** How the run stands. @default "FINISHED" */
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
  /** Name of the experiment. */
  readonly name: string;
  /** Tags of the experiment by key. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Runs to make in it, in order. */
  readonly runs?: readonly SeedRun[];
}

/** A run that was made. */
export interface SeededRun {
  /** MLflow's id of the run. */
  readonly runId: string;
  /** Its name, made up by the server where none was given. */
  readonly name: string;
  /** The runs nested below it. */
  readonly children: readonly SeededRun[];
}

/** An experiment that was made. */
export interface SeededExperiment {
  /** MLflow's id of the experiment. */
  readonly experimentId: string;
  /** Its name. */
  readonly name: string;
  /** Its new runs, in the order of the seed. */
  readonly runs: readonly SeededRun[];
}
