import { ValidationError } from "../errors/index.ts";
import type { Amount, FlushReport, Problem, QueueStatus, ReceiptLine } from "../queue/types.ts";
import { textOf } from "./entries.ts";

/** What a rejected value belongs to. */
export interface Culprit {
  /** Our id of the run. */
  readonly run: string;
  readonly kind: ReceiptLine["kind"];
  readonly key: string;
}

/** How often something was rejected. */
export interface Rejected extends Pick<ReceiptLine, "kind" | "key"> {
  readonly count: number;
}

const kept = 100;

/**
 * Takes what a log call cannot pass on: counts it as quarantined, tells it once per kind and key, or throws when the
 * tracker is strict. So a bad value costs itself and nothing else.
 */
export class Guard {
  readonly #strict: boolean;
  readonly #onProblem: (problem: Problem) => void;
  readonly #told = new Set<string>();
  readonly #problems: Problem[] = [];
  readonly #rejected = new Map<string, Map<string, Rejected & { count: number }>>();
  /** The tracker has closed: nothing that is logged goes anywhere any more. */
  closed = false;
  #points = 0;
  #requests = 0;

  constructor(strict: boolean, onProblem: ((problem: Problem) => void) | undefined) {
    this.#strict = strict;
    this.#onProblem = onProblem ?? warnOnce();
  }

  /** Counts values that are not logged. @throws ValidationError when strict */
  reject(culprit: Culprit, reason: string, count = 1, kind: Problem["kind"] = "invalid-value", what?: string): void {
    const message = `Cannot log the ${culprit.kind} ${JSON.stringify(culprit.key.slice(0, 250))} as ${reason}`;
    if (this.#strict) throw new ValidationError(message, { key: culprit.key });
    if (culprit.kind === "metric") this.#points += count;
    else this.#requests += count;
    const run = this.#rejected.get(culprit.run) ?? new Map<string, Rejected & { count: number }>();
    this.#rejected.set(culprit.run, run);
    const id = `${culprit.kind} ${culprit.key}`;
    const line = run.get(id);
    if (line === undefined) run.set(id, { kind: culprit.kind, key: culprit.key, count });
    else line.count += count;
    this.tell({ kind, message, key: culprit.key, run: culprit.run }, what ?? id);
  }

  /** Counts a value that threw when it was looked at: it costs itself, not the training. */
  unreadable(run: string, kind: Culprit["kind"], key: unknown, error: unknown): void {
    if (this.#strict && error instanceof ValidationError) throw error;
    this.reject({ run, kind, key: textOf(key) }, `it cannot be read: ${textOf(error)}`);
  }

  /** True after the end of the tracker, when what is logged is only counted, and told once. */
  late(run: string, kind: Culprit["kind"], key: string): boolean {
    if (this.closed) this.reject({ run, kind, key }, "the tracker is closed: log before close()", 1, "scope", "closed");
    return this.closed;
  }

  /** @throws ValidationError when the tracker has closed */
  mustBeOpen(what: string): void {
    if (this.closed) throw new ValidationError(`Cannot ${what} as the tracker is closed: do it before close()`);
  }

  /** Tells a problem, once per kind and key. */
  tell(problem: Problem, what: string = problem.key ?? problem.message): void {
    const id = `${problem.kind} ${what}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    if (this.#problems.length < kept) this.#problems.push(problem);
    this.pass(problem);
  }

  /** Hands on a problem that somebody else counts; a listener that throws does not stop a training. */
  readonly pass = (problem: Problem): void => {
    try {
      this.#onProblem(problem);
    } catch {
      // The problem still stands in the status and in every report.
    }
  };

  /** A status or report of the queue with what was rejected before it got there. */
  merge<T extends QueueStatus | FlushReport>(report: T): T {
    const quarantined: Amount = {
      points: report.quarantined.points + this.#points,
      requests: report.quarantined.requests + this.#requests,
    };
    return { ...report, quarantined, problems: [...this.#problems, ...report.problems] };
  }

  /** What was rejected of a run before it got to the queue. */
  rejectedOf(run: string): readonly Rejected[] {
    return [...(this.#rejected.get(run)?.values() ?? [])];
  }
}

function warnOnce(): (problem: Problem) => void {
  const told = new Set<string>();
  return (problem) => {
    const id = `${problem.kind} ${problem.key ?? ""}`;
    if (told.has(id)) return;
    told.add(id);
    // biome-ignore lint/suspicious/noConsole: where nobody listens, a person must still be told.
    console.warn(`tracklet: ${problem.message}`);
  };
}
