import type { FlushReport, Receipt } from "../../src/queue/types.ts";
import type { Freeze } from "./programs/watch-sqlite.ts";

/** What the program `logger.ts` is told, as JSON in its first argument. */
export interface LoggerJob {
  readonly seed: number;
  /** Of the child, and of its plan. */
  readonly name: string;
  /** Runs in its plan. */
  readonly runs: number;
  readonly trackingUri: string;
  readonly experiment: string;
  /** Of the queue file. */
  readonly path: string;
  /** Opens its tracker as most people do, by `openTracker()` on this directory, where that queue file then is. */
  readonly directory?: string;
  /** Whose data it is, with `directory`. */
  readonly partition?: string;
  /** Of its lines, where several say them at one place. */
  readonly prefix?: string;
  /** How many times as fast its clock is, so that nobody waits for what is to settle. @default 1 */
  readonly pace?: number;
  /** Sends nothing. */
  readonly silent?: boolean;
  readonly freeze?: Freeze | undefined;
  /** Milliseconds for delivering everything, after its own plan; it then says how that went. */
  readonly drain?: number;
}

/** What it says after that. */
export interface DrainReport {
  readonly report: FlushReport;
  readonly receipts: readonly Receipt[];
}
