/** The five runtimes that every change is tried on, in the order they are run. */
export const RUNTIMES = ["node", "deno", "bun", "chromium", "workerd"] as const;

/** One of the five. */
export type RuntimeId = (typeof RUNTIMES)[number];

/** What happened to the tests of one file. */
export interface FileReport {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Milliseconds that its tests took. */
  readonly took?: number;
  readonly failures: readonly { readonly name: string; readonly message: string }[];
}

/** What one runtime did with the suite. */
export interface RuntimeReport {
  readonly runtime: RuntimeId;
  /** Name and version, as the runtime that ran the tests proved them; undefined when it did not. */
  readonly proof: string | undefined;
  readonly files: readonly FileReport[];
  /** What the runner itself printed about failed tests, with differences; shown instead of the bare messages. */
  readonly details?: string;
  /** Why the run itself failed, apart from single tests. */
  readonly error: string | undefined;
}
