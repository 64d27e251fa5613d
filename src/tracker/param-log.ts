import { codePoints, cutText, limits } from "../client/limits.ts";
import type { Queue } from "../queue/queue.ts";
import { eachEntry, textOf } from "./entries.ts";
import type { Guard } from "./guard.ts";
import { keyFault, quote } from "./key.ts";
import { flatten, valueText } from "./value-text.ts";
import type { ParamOptions } from "./types/values.ts";
import type { TrackerOptions } from "./types/tracker-options.ts";

/** Parameters and tags of one run: values to text, limits, and parameters written twice. */
export class ParamLog {
  readonly #run: string;
  readonly #queue: Queue;
  readonly #guard: Guard;
  readonly #conflict: NonNullable<TrackerOptions["paramConflict"]>;
  readonly #params = new Map<string, string>();

  constructor(run: string, queue: Queue, guard: Guard, conflict: TrackerOptions["paramConflict"]) {
    this.#run = run;
    this.#queue = queue;
    this.#guard = guard;
    this.#conflict = conflict ?? "report";
  }

  /** A parameter that the server has already. */
  known(key: string, value: string): void {
    this.#params.set(key, value);
  }

  logParams(params: object, options: ParamOptions | undefined): void {
    this.each("param", params, (key, value) => this.logParam(key, value, options));
  }

  /** Calls `leaf` for everything in an object; what cannot be walked through is refused as a whole. */
  each(kind: "param" | "tag", object: object, leaf: (key: string, value: unknown) => void): void {
    if (this.#isObject(kind, object)) flatten(object, leaf, (key, error) => this.#unreadable(kind, key, error));
  }

  setTags(tags: Readonly<Record<string, unknown>>): void {
    if (!this.#isObject("tag", tags)) return;
    eachEntry(
      Object.keys(tags),
      (key) => tags[key],
      (key, value) => this.setTag(key, value),
      (key, error) => this.#unreadable("tag", key, error),
    );
  }

  #isObject(kind: "param" | "tag", values: unknown): boolean {
    if (typeof values === "object" && values !== null) return true;
    const reason = `the ${kind}s must be an object: current value is ${textOf(values).slice(0, 40)}`;
    this.#guard.reject({ run: this.#run, kind, key: "" }, reason);
    return false;
  }

  #unreadable(kind: "param" | "tag", key: string, error: unknown): void {
    this.#guard.unreadable(this.#run, kind, key, error);
  }

  logParam(key: string, value: unknown, options: ParamOptions | undefined): void {
    const text = this.#text("param", key, value, limits.paramValueLength, options?.format);
    if (text === undefined) return;
    const first = this.#params.get(key);
    if (first === undefined) {
      this.#params.set(key, text);
      this.#queue.logParam(this.#run, key, text);
    } else if (first !== text) this.#resolve(key, first, text);
  }

  #resolve(key: string, first: string, text: string): void {
    if (this.#conflict === "tag") {
      this.setTag(`mlflow.tracklet.param.${key}`, text);
    } else if (this.#conflict === "version") {
      let version = 2;
      while (this.#params.has(`${key}.${version}`)) {
        if (this.#params.get(`${key}.${version++}`) === text) return;
      }
      this.logParam(`${key}.${version}`, text, undefined);
    } else this.#refuse(key, first, text);
  }

  #refuse(key: string, first: string, text: string): void {
    const reason = `a param is written once: it is ${quote(first)} and stays so, ${quote(text)} is not logged; use setTag for what changes, or another run`;
    this.#guard.reject({ run: this.#run, kind: "param", key }, reason, 1, "param-conflict");
  }

  setTag(key: string, value: unknown): void {
    const text = this.#text("tag", key, value, limits.tagValueLength);
    if (text !== undefined) this.#queue.setTag(this.#run, key, text);
  }

  deleteTag(key: string): void {
    const fault = keyFault(key);
    if (fault === undefined) {
      if (!this.#guard.late(this.#run, "tag", key)) this.#queue.deleteTag(this.#run, key);
    } else this.#guard.reject({ run: this.#run, kind: "tag", key: String(key) }, fault);
  }

  /** The legal ones of the tags that a run is created with, as text. */
  initialTags(tags: Readonly<Record<string, unknown>>): Record<string, string> {
    const legal = Object.entries(tags).flatMap(([key, value]) => {
      const text = this.#text("tag", key, value, limits.tagValueLength);
      return text === undefined ? [] : [[key, text] as const];
    });
    return Object.fromEntries(legal);
  }

  #text(
    kind: "param" | "tag",
    key: string,
    value: unknown,
    limit: number,
    format?: ParamOptions["format"],
  ): string | undefined {
    const culprit = { run: this.#run, kind, key: String(key) };
    let fault = keyFault(key);
    let text: string | undefined;
    try {
      text = fault === undefined ? valueText(value, format) : undefined;
    } catch (error) {
      fault = `the value must have a JSON form: ${textOf(error)}`;
    }
    if (text === undefined) {
      this.#guard.reject(
        culprit,
        fault ??
          `the value must be something that has a text: current value is ${typeof value}; leave it out, or use null`,
      );
      return undefined;
    }
    if (this.#guard.late(this.#run, kind, key)) return undefined;
    const short = cutText(text, limit);
    if (short.length < text.length) {
      const message = `The ${kind} ${quote(culprit.key)} has ${codePoints(text)} characters and MLflow keeps ${limit}: the rest is cut; use logText for long texts`;
      this.#guard.tell({ kind: "truncated", message, key: culprit.key, run: this.#run }, `${kind} ${culprit.key}`);
    }
    return short;
  }
}
