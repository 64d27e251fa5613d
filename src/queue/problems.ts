import type { Problem } from "./types.ts";

const KEPT = 100;

/** Says each problem once per kind and key, and keeps those that stand. */
export class Problems {
  readonly #listener: (problem: Problem) => void;
  readonly #said = new Set<string>();
  readonly #standing = new Map<string, Problem>();

  constructor(listener: (problem: Problem) => void) {
    this.#listener = listener;
  }

  report(problem: Problem): void {
    const name = `${problem.kind} ${problem.key ?? ""} ${problem.run ?? ""}`;
    if (this.#standing.size < KEPT || this.#standing.has(name)) this.#standing.set(name, problem);
    if (this.#said.has(name) || this.#said.size >= 10 * KEPT) return;
    this.#said.add(name);
    try {
      this.#listener(problem);
    } catch {
      // A listener that throws must not stop delivery.
    }
  }

  /** Takes problems of a kind off the list: they are over. */
  solve(kind: Problem["kind"], run?: string): void {
    for (const [name, problem] of this.#standing) {
      if (problem.kind === kind && problem.run === run) this.#standing.delete(name);
    }
  }

  list(): readonly Problem[] {
    return [...this.#standing.values()];
  }
}
