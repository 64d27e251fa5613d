import type { MetricMemo, Queue } from "../queue/queue.ts";
import type { Clock } from "../runtime/ports/clock.ts";
import { eachEntry, textOf } from "./entries.ts";
import type { Guard } from "./guard.ts";
import { keyFault, quote } from "./key.ts";
import { checkLogOptions } from "./log-options.ts";
import type { LoggedModelHandle } from "./types/models.ts";
import type { MetricOptions, MetricSeries } from "./types/values.ts";

/** A legal key of a run. */
interface KnownKey {
  readonly key: string;
  /** The greatest step so far. */
  step: number;
  /** Where the queue puts its points. */
  readonly memo: MetricMemo;
  /** The key that was logged after this one last time. */
  next: KnownKey | undefined;
  /** How often the names of its options were looked at. */
  looks: number;
}

/** Calls whose options are looked at though some of them are right. */
const mostLooks = 3;

/** The metrics of one run: checks values, and fixes step and timestamp at the call. */
export class MetricLog {
  readonly #run: string;
  readonly #queue: Queue;
  readonly #clock: Clock;
  readonly #guard: Guard;
  /** What is known of each legal key; one object per key, so that a call in the steady state allocates nothing. */
  readonly #keys = new Map<string, KnownKey>();
  /** The key of the latest call, and the one that followed it last time: loops log their keys in turn, over and over. */
  #latest: KnownKey | undefined;
  #expected: KnownKey | undefined;
  /** As of a key, for calls with many. */
  #looks = 0;

  /** Sees each value that is logged, while there are alert rules. */
  watch: ((key: string, value: number, at: number, step: number) => void) | undefined = undefined;

  constructor(run: string, queue: Queue, clock: Clock, guard: Guard) {
    this.#run = run;
    this.#queue = queue;
    this.#clock = clock;
    this.#guard = guard;
  }

  /** The step that a key has reached, so that a resumed run goes on from there. */
  reached(key: string, step: number): void {
    const known = this.#keys.get(key);
    if (known === undefined) this.#know(key, step);
    else if (step > known.step) known.step = step;
  }

  /** The way of every point: what is seldom is done elsewhere, so that engines take this into their callers' code. */
  log(
    key: string,
    value: number,
    step: number | undefined,
    timestamp: number | undefined,
    model?: LoggedModelHandle,
  ): void {
    let known = this.#expected;
    if (known === undefined || known.key !== key) {
      known = this.#find(key);
      if (known === undefined) return;
    }
    // Where one key is logged on and on, nothing is written here.
    if (known !== this.#latest) this.#latest = known;
    if (known.next !== this.#expected) this.#expected = known.next;
    const at = timestamp === undefined ? this.#clock.now() : this.#time(key, timestamp);
    const place = step === undefined ? known.step + 1 : step;
    if (
      at === undefined ||
      model !== undefined ||
      typeof value !== "number" ||
      !Number.isSafeInteger(place) ||
      this.#guard.wary
    ) {
      if (at !== undefined) this.#seldom(known, value, at, place, model);
      return;
    }
    if (place > known.step) known.step = place;
    this.#queue.logMetric(this.#run, key, normalised(value), at, place, known.memo);
    if (this.watch !== undefined) this.watch(key, value, at, place);
  }

  /** A point that is not as it should be, or names a model. */
  #seldom(known: KnownKey, value: unknown, at: number, place: number, model: LoggedModelHandle | undefined): void {
    const { key } = known;
    if (!Number.isSafeInteger(place)) {
      this.#badStep(key, place);
      return;
    }
    const stored = typeof value === "number" ? value : this.#number(key, value);
    if (stored === undefined) return;
    // What names a model goes by way of the model, which brings it to the run as well.
    const target = model === undefined ? this.#run : model?.localId;
    if (typeof target !== "string") {
      this.#reject(key, "the model must be what logModel() gave");
      return;
    }
    if (this.#guard.late(this.#run, "metric", key, target)) return;
    if (place > known.step) known.step = place;
    this.#queue.logMetric(target, key, normalised(stored), at, place, target === this.#run ? known.memo : undefined);
    if (this.watch !== undefined) this.watch(key, stored, at, place);
  }

  logAll(values: Readonly<Record<string, number>>, options: MetricOptions | undefined): void {
    if (typeof values !== "object" || values === null) {
      this.#reject("", `the values must be an object of numbers: current value is ${shown(values)}`);
      return;
    }
    if (options !== undefined && (this.#looks < mostLooks || !hasSome(options))) {
      this.#looks++;
      this.#checkOptions("", options);
    }
    const now = options?.timestamp ?? this.#clock.now();
    eachEntry(
      Object.keys(values),
      (key) => values[key],
      (key, value) => this.log(key, value as number, options?.step, now, options?.model),
      (key, error) => this.#guard.unreadable(this.#run, "metric", key, error),
    );
  }

  /** As `log`, with options: it is on the way of each point that has some, so what they are called is looked at seldom. */
  logWith(key: string, value: number, options: MetricOptions): void {
    if (this.#guard.strict) this.#checkOptions(key, options);
    this.log(key, value, options?.step, options?.timestamp, options?.model);
    const known = this.#latest;
    if (known === undefined || (known.looks >= mostLooks && hasSome(options))) return;
    known.looks++;
    this.#checkOptions(key, options);
  }

  #checkOptions(key: string, options: unknown): void {
    const what = key === "" ? "metrics" : `the metric ${quote(String(key))}`;
    const example = `{ step: ${typeof options === "number" ? options : 1} }`;
    const call = { run: this.#run, what, key: String(key), names: "step timestamp model", example };
    checkLogOptions(this.#guard, options, call);
  }

  logSeries(key: string, series: MetricSeries): void {
    const { steps, values, timestamps } = series ?? {};
    if (steps?.length === undefined || values?.length === undefined) {
      this.#reject(String(key), "a series must have the columns steps and values");
      return;
    }
    const length = Math.min(steps.length, values.length, timestamps?.length ?? Number.POSITIVE_INFINITY);
    const longest = Math.max(steps.length, values.length, timestamps?.length ?? 0);
    const now = this.#clock.now();
    for (let n = 0; n < length; n++) this.log(key, values[n] as number, steps[n] as number, timestamps?.[n] ?? now);
    if (length < longest) {
      const lengths = [steps.length, values.length, ...(timestamps ? [timestamps.length] : [])].join(", ");
      this.#reject(
        key,
        `the columns of a series must have one length: they have ${lengths}; the first ${length} are logged`,
        longest - length,
      );
    }
  }

  /** Another key than the one that was expected. */
  #find(key: string): KnownKey | undefined {
    const known = this.#keys.get(key) ?? this.#admit(key);
    if (known !== undefined && this.#latest !== undefined) this.#latest.next = known;
    return known;
  }

  #admit(key: string): KnownKey | undefined {
    const fault = keyFault(key);
    if (fault !== undefined) return this.#reject(String(key), fault);
    return this.#know(key, -1);
  }

  #know(key: string, step: number): KnownKey {
    const known: KnownKey = { key, step, memo: {}, next: undefined, looks: 0 };
    this.#keys.set(key, known);
    return known;
  }

  #badStep(key: string, step: unknown): void {
    const cure =
      typeof step === "number" && Number.isFinite(step) ? "; use Math.round, or count batches instead of epochs" : "";
    this.#reject(
      key,
      `the step must be an integer between -(2^53 - 1) and 2^53 - 1: current value is ${shown(step)}${cure}`,
    );
  }

  #number(key: string, value: unknown): number | undefined {
    if (typeof value === "bigint") return Number(value);
    const cure =
      typeof value === "boolean" ? "; use 1 or 0" : typeof value === "string" ? "; log a text with setTag" : "";
    return this.#reject(key, `the value must be a number: current value is ${shown(value)}${cure}`);
  }

  #time(key: string, timestamp: number): number | undefined {
    const at = typeof timestamp === "number" ? Math.floor(timestamp) : Number.NaN;
    if (!Number.isSafeInteger(at) || at < 0) {
      return this.#reject(
        key,
        `the timestamp must be milliseconds since 1970: current value is ${shown(timestamp)}; use Date.now()`,
      );
    }
    if ((at >= 1e9 && at < 1e10) || at > 1e14) {
      const unit = at < 1e10 ? "seconds; multiply by 1000" : "microseconds or nanoseconds; divide to milliseconds";
      const message = `The timestamp ${at} of the metric ${JSON.stringify(key)} looks like ${unit}: it is logged as it is, as milliseconds since 1970`;
      this.#guard.tell({ kind: "suspicious-value", message, key, run: this.#run });
    }
    return at;
  }

  #reject(key: string, reason: string, count = 1): undefined {
    this.#guard.reject({ run: this.#run, kind: "metric", key }, reason, count);
  }
}

/** True for options that are used: one that is misspelt is missing, or stands beside others, and then the first points show it. */
function hasSome(options: MetricOptions): boolean {
  return options?.step !== undefined || options?.timestamp !== undefined || options?.model !== undefined;
}

/** As MLflow stores it: infinities become the greatest double, -0 becomes 0. */
function normalised(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  if (value === Number.NEGATIVE_INFINITY) return -Number.MAX_VALUE;
  return value === 0 ? 0 : value;
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return typeof value === "object" && value !== null ? "an object" : textOf(value).slice(0, 40);
}
