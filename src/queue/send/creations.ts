import type { CallOptions } from "../../client/types/connection.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { NewModel, NewRun } from "../types.ts";
import { checkRun } from "./after-refusal.ts";
import type { RunCreator, SendOptions } from "./create-run.ts";
import type { DeliveryParts, Job } from "./delivery-parts.ts";
import { waits } from "./detours.ts";
import { createdElsewhere, elsewhere, mappingAt, partElsewhere, withExperiment } from "./elsewhere.ts";
import type { Family } from "./family.ts";
import type { Mender } from "./mender.ts";
import { ParkError } from "./outcome.ts";
import type { Scheduler } from "./scheduler.ts";
import { stillWanted } from "./still-wanted.ts";
import { ofStorage } from "./storage-trouble.ts";

/** What creating needs. */
export interface CreationParts extends DeliveryParts {
  readonly note: LeaderNote;
  readonly creator: RunCreator;
  readonly view: Scheduler;
  readonly family: Family;
  readonly mender: Mender;
  readonly options: SendOptions & CallOptions;
  /** Waits until negative evidence counts. */
  readonly settle: () => Promise<void>;
}

/** Has the chunks that create something on the server done, once each, whatever a leader before has done of them. */
export class Creations {
  readonly #parts: CreationParts;

  constructor(parts: CreationParts) {
    this.#parts = parts;
  }

  /** Gives the mapping of a run. */
  async run(job: Job, wanted: NewRun): Promise<RunMapping> {
    const { run, item, chunk, term } = job;
    const { store, ledger, destination, moved, note, creator, family, mender, options } = this.#parts;
    if (run.mapping) {
      if (item.ambiguous) note.doubtCreate(run.id);
      return run.mapping;
    }
    const request = withExperiment(wanted, destination, moved);
    const { parent } = request;
    const local = parent && "local" in parent ? parent.local : undefined;
    let known = local === undefined ? undefined : await ofStorage(store.mapping(local));
    if (elsewhere(known?.at, destination)) known = undefined;
    if (local !== undefined && !known && item.parent === undefined) {
      item.parent = local;
      throw waits;
    }
    const { orphaned } = family;
    const count = item.twice ? 2 : Number(item.ambiguous);
    const { createdIn: experimentIds = [] } = (item.ambiguous && (await ofStorage(store.desired(run.id)))) || {};
    const marks = this.#marks(job);
    const mark = async (experimentId: string): Promise<void> => {
      await marks();
      if (!("name" in request.experiment) || experimentIds.includes(experimentId)) return;
      const desired = new Map([[run.id, { createdIn: [...experimentIds, experimentId] }]]);
      await ofStorage(store.append(ledger.writer, [], desired));
    };
    const mapping = await creator.create(request, known, { count, experimentIds, mark, orphaned }, options);
    // The run is there: whatever fails from here on, the next try looks for it.
    item.ambiguous = true;
    if (item.sent && item.twice) await mender.look({ ...run, mapping });
    // What follows its creation waited for it: no leader before has sent any of that.
    run.term = term;
    await family.created(mapping, chunk);
    return mappingAt(mapping, destination);
  }

  /** Gives the mapping of a logged model. */
  async model(job: Job, request: NewModel): Promise<RunMapping> {
    const { run, item } = job;
    if (run.mapping) return run.mapping;
    const mapping = await this.#createModel(job, request);
    if (item.sent && item.twice) await this.#parts.mender.look({ ...run, mapping });
    return mapping;
  }

  /** Needs the run that made it. */
  async #createModel(job: Job, model: NewModel): Promise<RunMapping> {
    const { item } = job;
    const { store, client, destination, mappings, unverified, problems, runtime, settleDelay, settle, options } =
      this.#parts;
    const run = mappings.get(model.run) ?? (await ofStorage(store.mapping(model.run)));
    if (!run) {
      if (item.parent !== undefined) throw new ParkError("the run that made it is not on the server");
      item.parent = model.run;
      throw waits;
    }
    if (elsewhere(run.at, destination)) throw partElsewhere(run, destination)!;
    if (unverified.has(model.run) || !mappings.has(model.run)) {
      await checkRun(client, run, settle, options);
      unverified.delete(model.run);
      this.#parts.onMapped(run);
      await stillWanted(this.#parts, job);
    }
    const { createModel } = await import("../models/late-models.ts");
    const mark = this.#marks(job);
    const attempts = item.twice ? 2 : Number(item.ambiguous);
    const parts = { client, problems, clock: runtime.clock, settleDelay };
    // From the creation on it is there: whatever fails after that, the next try looks for it.
    const made = (): void => {
      item.ambiguous = true;
    };
    return mappingAt(await createModel(parts, model, run, { attempts, mark, made }, options), destination);
  }

  /** Gives what is to be called right before a request that must not be repeated blindly. */
  #marks(job: Job): () => Promise<void> {
    const { run, item, chunk, term } = job;
    const { store, destination, note } = this.#parts;
    item.sent = false;
    // Whoever sent it before may not know that it came to the server after all.
    if (item.ambiguous) note.doubtCreate(run.id);
    return async () => {
      const there = createdElsewhere(chunk, destination);
      if (there) throw there;
      await ofStorage(store.markAttempted(chunk.order, term));
      // Looking took a while: nothing is made any more of what was given up since.
      await stillWanted(this.#parts, job);
      item.twice = item.ambiguous;
      item.sent = true;
    };
  }
}
