import type { Problem } from "./types.ts";

const KEPT = 100;

/** Says each problem once per kind and key until it is over, and keeps those that stand. */
export class Problems {
  readonly #listener: (problem: Problem) => void;
  /** Keys that were told, by kind and run. */
  readonly #said = new Map<string, Set<string>>();
  #count = 0;
  readonly #standing = new Map<string, Problem>();
  readonly #untold: Problem[] = [];

  constructor(listener: (problem: Problem) => void) {
    this.#listener = listener;
  }

  /** The listener hears of it after what is being done, so that what it calls never meets a change that is half made. */
  report(problem: Problem): void {
    const of = `${problem.kind} ${problem.run ?? ""}`;
    // That a storage was emptied must be told although it could not be read a moment before.
    const key = problem.key ?? (problem.kind === "storage" ? problem.message : "");
    const name = `${of} ${key}`;
    // Thousands of runs may have one each; what is wrong with the whole queue is always said.
    const own = problem.run !== undefined;
    if (!own || this.#standing.size < KEPT || this.#standing.has(name)) this.#standing.set(name, problem);
    const said = this.#said.get(of) ?? new Set();
    if (said.has(key) || (own && this.#count >= 10 * KEPT)) return;
    this.#said.set(of, said.add(key));
    this.#count++;
    if (this.#untold.push(problem) === 1) queueMicrotask(() => this.tell());
  }

  /** Tells at once what the listener has not heard of: at the end of a process nothing comes after. */
  tell(): void {
    for (const problem of this.#untold.splice(0)) {
      try {
        this.#listener(problem);
      } catch {
        // A listener that throws must not stop delivery.
      }
    }
  }

  /** Problems of a kind, or the one of that key, are over: they are taken off the list, and told again when they come back. */
  solve(kind: Problem["kind"], run?: string, key?: string): void {
    const of = `${kind} ${run ?? ""}`;
    if (key !== undefined) {
      if (this.#said.get(of)?.delete(key)) this.#count--;
      this.#standing.delete(`${of} ${key}`);
      return;
    }
    this.#count -= this.#said.get(of)?.size ?? 0;
    this.#said.delete(of);
    for (const [name, problem] of this.#standing) {
      if (problem.kind === kind && problem.run === run) this.#standing.delete(name);
    }
  }

  list(): readonly Problem[] {
    return [...this.#standing.values()];
  }
}
