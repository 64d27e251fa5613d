import { ConfigurationError } from "../../errors/usage-errors.ts";
import type { EngineParts } from "./engine-parts.ts";
import { assignStore } from "./assign-store.ts";

/** Whether a process may lead: the storage must be for the place that it sends to. */
export class Admission {
  readonly #parts: Pick<EngineParts, "store" | "name" | "problems" | "destination">;
  /** The latest term in which the storage is known to be for this destination. */
  #admitted: number;

  constructor(parts: Pick<EngineParts, "store" | "name" | "problems" | "destination">, term: number) {
    this.#parts = parts;
    this.#admitted = term;
  }

  /** Whoever sends a storage elsewhere begins a term first: with no other term between, it is for whom it was. */
  async admits(term: number): Promise<boolean> {
    const { store, name, problems, destination } = this.#parts;
    if (term !== this.#admitted + 1) {
      try {
        await assignStore(store, { storage: { name }, problems, destination });
      } catch (error) {
        if (error instanceof ConfigurationError) return false;
        throw error;
      }
    }
    this.#admitted = term;
    return true;
  }
}
