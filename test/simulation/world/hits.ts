import { canMeet, OUTCOMES, type OutcomeName } from "./faults.ts";
import { REQUEST_KINDS, type RequestKind } from "./request-kind.ts";

/** How often each kind of request met each outcome. */
export class Hits {
  readonly #counts: Map<string, number>;

  constructor(counts: Iterable<readonly [string, number]> = []) {
    this.#counts = new Map(counts);
  }

  add(kind: RequestKind, outcome: OutcomeName): void {
    const name = `${kind}|${outcome}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  merge(entries: Iterable<readonly [string, number]>): void {
    for (const [name, count] of entries) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  entries(): [string, number][] {
    return [...this.#counts];
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Pairs that can meet and did not. */
  zeros(): string[] {
    return REQUEST_KINDS.flatMap((kind) =>
      OUTCOMES.filter((outcome) => canMeet(outcome, kind) && !this.#counts.get(`${kind}|${outcome}`)).map(
        (outcome) => `${kind} x ${outcome}`,
      ),
    );
  }

  toString(): string {
    const width = Math.max(...REQUEST_KINDS.map((kind) => kind.length));
    const heads = OUTCOMES.map((outcome, n) => `${String.fromCharCode(97 + n)} ${outcome}`);
    const columns = OUTCOMES.map((_, n) => String.fromCharCode(97 + n).padStart(7)).join("");
    const rows = REQUEST_KINDS.map((kind) => {
      const cells = OUTCOMES.map((outcome) => {
        const count = this.#counts.get(`${kind}|${outcome}`);
        return String(count ?? (canMeet(outcome, kind) ? 0 : "-")).padStart(7);
      });
      return kind.padEnd(width) + cells.join("");
    });
    return [heads.join(", "), "".padEnd(width) + columns, ...rows].join("\n");
  }
}
