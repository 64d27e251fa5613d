/** How another program is run. */
export interface SpawnOptions {
  /** Where it runs. @default the working directory */
  readonly directory?: string;
  /** Environment variables beside those of this process; undefined takes one away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What it reads from standard input. @default nothing */
  readonly input?: Uint8Array;
  /** Milliseconds after which it is killed. @default 60000 */
  readonly timeout?: number;
  /** Bytes of standard output after which it is killed. @default 64 MiB */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** What became of a program. */
export interface SpawnResult {
  /** Exit code; undefined when it was killed: by `timeout`, `maxBytes`, `signal` or somebody else. */
  readonly code: number | undefined;
  readonly stdout: Uint8Array;
  /** The last 4,000 characters at most. */
  readonly stderr: string;
  /** True when it wrote more than `maxBytes`. */
  readonly tooMuch: boolean;
}

/**
 * Runs another program to its end, without a shell. Undefined when there is no such program, or it may not be run; never
 * prompts.
 */
export type Spawn = (
  command: string,
  args: readonly string[],
  options?: SpawnOptions,
) => Promise<SpawnResult | undefined>;
