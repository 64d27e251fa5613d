import { TimeoutError } from "../../errors/network-errors.ts";
import type { Drain } from "./drain.ts";
import type { Problems } from "../problems.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { Waiters, WaitLimits } from "../waiters.ts";

/** What waiting for an id needs. */
export interface RunIdWait {
  readonly drain: Drain;
  readonly waiters: Waiters;
  readonly problems: Problems;
  /** Nobody will create the run any more. */
  readonly isOver: () => boolean;
}

/** Runs that are known to be on the server in this session, by our id and by MLflow's. */
export class RunIds {
  readonly mappings: Map<string, RunMapping> = new Map();
  readonly #localIds = new Map<string, string>();

  add(mapping: RunMapping): void {
    this.mappings.set(mapping.localId, mapping);
    this.#localIds.set(mapping.runId, mapping.localId);
  }

  forget(localId: string): void {
    const mapping = this.mappings.get(localId);
    if (mapping) this.#localIds.delete(mapping.runId);
    this.mappings.delete(localId);
  }

  /** MLflow's id for either id; undefined while it is not known. */
  runIdOf(id: string): string | undefined {
    return this.mappings.get(id)?.runId ?? (this.#localIds.has(id) ? id : undefined);
  }

  /** Our id for either id; undefined for a run that is not known. */
  localIdOf(id: string): string | undefined {
    return this.#localIds.get(id) ?? (this.mappings.has(id) ? id : undefined);
  }

  /** Waits until a run is created, here or by another process. */
  async wait(localId: string, { drain, waiters, problems, isOver }: RunIdWait, options: WaitLimits): Promise<string> {
    const known = (): boolean => this.mappings.has(localId) || drain.givenUp.has(localId) || isOver();
    const stop = known() ? undefined : drain.seek(localId);
    await waiters.until(known, options);
    stop?.();
    options.signal?.throwIfAborted();
    // A run that waits for a person may have been created long ago, by another process.
    const runId = (this.mappings.get(localId) ?? (await drain.mapping(localId)))?.runId;
    if (runId !== undefined) return runId;
    const standing = problems.list().map(({ message }) => message);
    const why = drain.givenUp.has(localId) ? "it was given up" : "it must be created on the server first";
    const reason = [why, ...standing].join(". ");
    throw new TimeoutError(`Cannot give MLflow's id of run "${localId}" as ${reason}`, {
      method: "POST",
      url: "runs/create",
    });
  }
}
