import { HttpError, NetworkError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";

/** How one kind of request is tried again. */
export interface RetryRule {
  /** Tries in all, from 1. @default 5 */
  readonly attempts?: number;
  /** First wait in milliseconds; doubled each time. @default 500 */
  readonly base?: number;
  /** Longest wait in milliseconds, also for what the server asks for by Retry-After. @default 30000 */
  readonly cap?: number;
  /** Share of a wait that is left to chance, 0 to 1. @default 1 */
  readonly jitter?: number;
  /** What is worth another try. @default no answer, 408, 429 and 5xx; never another 4xx */
  readonly retries?: (error: unknown) => boolean;
}

/** Kinds of requests of a manager. */
export type FinetuningOperation =
  | "read"
  | "createExperiment"
  | "restoreExperiment"
  | "archiveExperiment"
  | "createRun"
  | "deleteRun"
  | "write"
  | "upload"
  | "download"
  | "deleteModel";

/** A rule per kind of request; what has none takes `default`. */
export type RetryTable = Readonly<Partial<Record<FinetuningOperation | "default", RetryRule>>>;

/** A rule with nothing left open. */
export type WholeRule = Required<RetryRule>;

const operations = new Set<string>([
  "default",
  "read",
  "createExperiment",
  "restoreExperiment",
  "archiveExperiment",
  "createRun",
  "deleteRun",
  "write",
  "upload",
  "download",
  "deleteModel",
]);

/** @throws ValidationError for a table that cannot be. */
export function retryRules(table: RetryTable = {}): (operation: FinetuningOperation) => WholeRule {
  for (const [name, rule] of Object.entries(table)) {
    if (!operations.has(name)) throw refused(name, `one of ${[...operations].join(", ")}`, name);
    const { attempts, base, cap, jitter } = whole(rule);
    if (!Number.isInteger(attempts) || attempts < 1) throw refused(`${name}.attempts`, "an integer from 1", attempts);
    if (!(base >= 0)) throw refused(`${name}.base`, "milliseconds from 0", base);
    if (!(cap >= 0)) throw refused(`${name}.cap`, "milliseconds from 0", cap);
    if (!(jitter >= 0 && jitter <= 1)) throw refused(`${name}.jitter`, "a number from 0 to 1", jitter);
  }
  return (operation) => whole({ ...table.default, ...table[operation] });
}

function whole(rule: RetryRule): WholeRule {
  return { attempts: 5, base: 500, cap: 30_000, jitter: 1, retries: isPassing, ...rule };
}

function refused(what: string, must: string, is: unknown): ValidationError {
  return new ValidationError(`Cannot retry as ${what} must be ${must}: current value is ${String(is)}`);
}

/** Milliseconds before the next try; undefined when there is to be none. */
export function waitBefore(rule: WholeRule, error: unknown, tried: number, fraction: () => number): number | undefined {
  if (tried >= rule.attempts || !rule.retries(error)) return undefined;
  if (error instanceof HttpError && error.retryAfter !== undefined) return Math.min(error.retryAfter, rule.cap);
  const wait = Math.min(rule.cap, rule.base * 2 ** (tried - 1));
  return wait * (1 - rule.jitter * fraction());
}

/** No answer, or one that says that a later try may succeed. */
function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return !error.originRefused;
  if (!(error instanceof HttpError)) return false;
  // MLflow says INVALID_STATE with status 500, and means it.
  return (error.status >= 500 && error.errorCode !== "INVALID_STATE") || error.status === 429 || error.status === 408;
}
