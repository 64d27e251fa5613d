import { StorageError } from "../../errors/usage-errors.ts";
import type { RunCreator, SendOptions } from "./create-run.ts";
import { findOrphans, findParent, missingParents } from "./late-parent.ts";
import { classify } from "./outcome.ts";
import { ofStorage } from "./storage-trouble.ts";
import type { RunMapping } from "../run-mapping.ts";
import { StaleTermError } from "../storage.ts";
import type { StoredChunk } from "../chunk/stored-chunk.ts";
import type { DeliveryParts } from "./delivery-parts.ts";
import { messageOf } from "./words-of-errors.ts";

/** Milliseconds from which on a run was created so late that others may have missed it. */
const LONG = 60_000;

/** Sees to it that runs find their parents and children that were created at the wrong time, or from other queues. */
export class Family {
  readonly #parts: DeliveryParts;
  readonly #creator: RunCreator;
  readonly #options: SendOptions;
  /** Our ids of parents that runs on the server wait for. */
  #missing: Promise<ReadonlySet<string | undefined>> | undefined;

  constructor(parts: DeliveryParts, creator: RunCreator, options: SendOptions) {
    this.#parts = parts;
    this.#creator = creator;
    this.#options = options;
  }

  /** Notes, before a run is created without its parent, where that one will find it. */
  readonly orphaned = async (parent: string, experimentId: string): Promise<void> => {
    const { store, ledger } = this.#parts;
    const { orphansIn = [] } = (await ofStorage(store.desired(parent))) ?? {};
    if (orphansIn.includes(experimentId)) return;
    const desired = new Map([[parent, { orphansIn: [...orphansIn, experimentId] }]]);
    await ofStorage(store.append(ledger.writer, [], desired));
  };

  /** A run was created: it may be a child without its parent, or the parent that others were created without. */
  created(mapping: RunMapping, chunk: StoredChunk): Promise<void> {
    return this.#mend(this.#relate(mapping, chunk), mapping);
  }

  /** A run has ended: by now its parent may be there. */
  async ended(mapping: RunMapping): Promise<void> {
    if (mapping.orphanOf === undefined) return;
    await this.#mend(findParent(this.#parts.client, this.#creator, mapping, this.#options), mapping);
  }

  async #relate(mapping: RunMapping, { writer, at }: StoredChunk): Promise<void> {
    const { client, store, ledger, runtime } = this.#parts;
    const options = this.#options;
    if (mapping.orphanOf !== undefined) await findParent(client, this.#creator, mapping, options);
    const { orphansIn = [] } = (await ofStorage(store.desired(mapping.localId))) ?? {};
    const ids = [...new Set([mapping.experimentId, ...this.#creator.experimentIds(), ...orphansIn])];
    if (orphansIn.length === 0) {
      // Runs of other queues may miss what waited for long, or in another process. Who is missed, is asked once.
      if (writer === ledger.writer && Math.abs(runtime.clock.now() - at) < LONG) return;
      this.#missing ??= missingParents(client, ids, options);
      this.#missing.catch(() => {
        this.#missing = undefined;
      });
      if (!(await this.#missing).has(mapping.localId)) return;
    }
    await findOrphans(client, mapping, ids, options);
  }

  /** Only what may pass is worth another try of the chunk. */
  #mend(work: Promise<void>, { localId, runId }: RunMapping): Promise<void> {
    return work.catch((error: unknown) => {
      if (error instanceof StorageError || error instanceof StaleTermError) throw error;
      if (["retry", "pause"].includes(classify(error, "update", 0).action)) throw error;
      const message = `Cannot tell run ${runId} its parent or children: ${messageOf(error)}`;
      this.#parts.problems.report({ kind: "server-refused", run: localId, key: runId, message });
    });
  }
}
