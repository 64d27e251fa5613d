import { ValidationError } from "../errors/usage-errors.ts";
import type { Count } from "../queue/amount.ts";
import type { Amount, FlushReport, Problem, QueueStatus, ReceiptLine } from "../queue/types.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";

/** What a rejected value belongs to. */
export interface Culprit {
  /** Our id of the run. */
  readonly run: string;
  readonly kind: ReceiptLine["kind"];
  readonly key: string;
}

/** What was rejected of one kind and key of a run, as the first time. */
export interface Rejected extends Culprit {
  readonly id: string;
  readonly reason: string;
  readonly at: number;
  count: number;
}

/** Who counts what is rejected, and what the time is. */
export interface GuardHost {
  readonly refuse: (run: string, kind: ReceiptLine["kind"], key: string, count: number) => void;
  readonly now: () => number;
}

const kept = 100;
/** Kinds and keys of runs that are remembered one by one; all are counted. */
const mostAside = 1_000;
/** Runs of which one thing is told: each may have its own cause, and thousands would flood a console. */
const runsTold = 3;

/**
 * Takes what a log call cannot pass on: counts it as quarantined, tells it once per kind and key for the first few runs, or throws
 * when the tracker is strict. So a bad value costs itself and nothing else.
 */
export class Guard {
  /** Throws at the call what is else counted and told. */
  readonly strict: boolean;
  readonly #onProblem: ((problem: Problem) => void) | undefined;
  /** What was told, and of which runs. */
  readonly #told = new Map<string, Set<string | undefined>>();
  readonly #names = new Map<string, string>();
  readonly #problems: Problem[] = [];
  /** What was rejected, by kind and key of a run. */
  readonly rejected: Map<string, Rejected> = new Map();
  #host: GuardHost | undefined;
  #number = 0;
  /** The tracker has closed: nothing that is logged goes anywhere any more. */
  closed = false;
  /** Our ids of runs that were given up, and of their models: nothing that is logged to them does. */
  readonly givenUp: Set<string> = new Set();
  /** True for either of these: a point is looked at more closely. */
  wary = false;
  /** Counts of what was rejected and stands, and of what was discarded. */
  readonly aside: Count = { points: 0, requests: 0 };
  readonly gone: Count = { points: 0, requests: 0 };

  constructor(strict: boolean, onProblem: ((problem: Problem) => void) | undefined) {
    this.strict = strict;
    this.#onProblem = onProblem;
  }

  /** Counts values that are not logged. @throws ValidationError when strict */
  reject(culprit: Culprit, reason: string, count = 1, kind: Problem["kind"] = "invalid-value", what?: string): void {
    const message = `Cannot log the ${culprit.kind} ${JSON.stringify(culprit.key.slice(0, 250))} as ${reason}`;
    if (this.strict) throw new ValidationError(message, { key: culprit.key });
    const { run, key } = culprit;
    this.aside[culprit.kind === "metric" ? "points" : "requests"] += count;
    this.#host?.refuse(run, culprit.kind, key, count);
    const id = `${culprit.kind} ${key}`;
    const name = JSON.stringify([run, id]);
    const line = this.rejected.get(name);
    if (line) line.count += count;
    else if (this.rejected.size < mostAside) {
      this.rejected.set(name, {
        ...culprit,
        id: `call-${++this.#number}`,
        reason: message,
        at: this.#host?.now() ?? 0,
        count,
      });
    }
    this.tell({ kind, message, key, run }, what ?? id);
  }

  /** Counts a value that threw when it was looked at: it costs itself, not the training. */
  unreadable(run: string, kind: Culprit["kind"], key: unknown, error: unknown): void {
    if (this.strict && error instanceof ValidationError) throw error;
    this.reject({ run, kind, key: textOf(key) }, `it cannot be read: ${textOf(error)}`);
  }

  /** True after the end of the tracker, or of what was given up, when what is logged is only counted, and told once. */
  late(run: string, kind: Culprit["kind"], key: string, target: string = run): boolean {
    const over = this.#over("log", run, target);
    if (over !== undefined) this.reject({ run, kind, key }, over, 1, "scope", over);
    return over !== undefined;
  }

  /** @throws ValidationError when the tracker has closed, or the run, or model, was given up */
  mustBeOpen(what: string, target = ""): void {
    const over = this.#over("do it", target);
    if (over !== undefined) throw new ValidationError(`Cannot ${what} as ${over}`);
  }

  #over(act: string, run: string, target = run): string | undefined {
    if (this.closed) return `the tracker is closed: ${act} before close()`;
    if (!this.givenUp.has(target) && !this.givenUp.has(run)) return undefined;
    return `the run${run === target ? "" : " of the model"} was given up by queue.discardRun(): start another one`;
  }

  /** The name that a person knows a run by, for the console. */
  runStarted(run: string, name: string): void {
    if (this.#names.size < 10 * kept) this.#names.set(run, name);
  }

  /** Tells of what was done in another way than asked. @throws ValidationError when strict */
  warn(problem: Problem, what?: string): void {
    if (this.strict) throw new ValidationError(problem.message, { key: problem.key ?? "" });
    this.tell(problem, what);
  }

  /** Tells a problem, once per kind and key for each of the first few runs. */
  tell(problem: Problem, what: string = problem.key ?? problem.message): void {
    if (!this.#isNews(problem, what)) return;
    if (this.#problems.length < kept) this.#problems.push(problem);
    this.#hand(problem);
  }

  /** Hands on a problem that the queue counts, and has told a listener about as often as it should. */
  readonly pass = (problem: Problem): void => {
    if (this.#onProblem !== undefined || this.#isNews(problem, `queue ${problem.key ?? ""}`)) this.#hand(problem);
  };

  #isNews({ kind, run }: Problem, what: string): boolean {
    const id = `${kind} ${what}`;
    const runs = this.#told.get(id) ?? new Set();
    this.#told.set(id, runs);
    return runs.size < runsTold && runs.size < runs.add(run).size;
  }

  /** A listener that throws does not stop a training. */
  #hand(problem: Problem): void {
    try {
      if (this.#onProblem !== undefined) {
        this.#onProblem(problem);
        return;
      }
      const { message, run = "" } = problem;
      const name = this.#names.get(run);
      const of = name === undefined ? "" : `run ${quote(name)}`;
      // biome-ignore lint/suspicious/noConsole: where nobody listens, a person must still be told.
      console.warn(`tracklet: ${message}${message.includes(of) ? "" : ` (${of})`}`);
    } catch {
      // The problem still stands in the status and in every report.
    }
  }

  /** A status or report of the queue with what was rejected before it got there. */
  merge<T extends QueueStatus | FlushReport>(report: T): T {
    const quarantined = sum(report.quarantined, this.aside);
    const dropped = sum(report.dropped, this.gone);
    return { ...report, quarantined, dropped, problems: [...this.#problems, ...report.problems] };
  }

  /** Has what is rejected counted in receipts. */
  hostedBy(host: GuardHost): void {
    this.#host = host;
  }
}

function sum(a: Amount, b: Amount): Amount {
  return { points: a.points + b.points, requests: a.requests + b.requests };
}
