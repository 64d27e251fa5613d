import type { RunData } from "../../client/types/entities.ts";
import { standing } from "../chunk/standing.ts";
import { RUN_ID_TAG, type RunCreator, type SendOptions } from "./create-run.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import type { Doubt } from "../lead/merged-doubts.ts";
import { namesOf, ownFieldOf } from "../lead/doubt-fields.ts";
import { PROBE_TAG } from "../lead/probe-tag.ts";
import { type LookParts, Looks } from "./looks.ts";
import { lookTwice, unlessMissing } from "./missing.ts";
import { CONFIRMATIONS, passes } from "./outcome.ts";
import type { RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import { isOfStorage, ofStorage } from "./storage-trouble.ts";
import type { DeliveryParts } from "./delivery-parts.ts";
import { runTwins } from "./twins.ts";
import { messageOf } from "./words-of-errors.ts";
import { OVERWRITTEN } from "./words-of-fates.ts";

/** Milliseconds in doubt from which on what cannot be read of a twin counts as data. */
const LONG = 600_000;

/** A request that sets something right. */
export interface Repair {
  /** What it sets; undefined for a twin. */
  readonly field?: string;
  readonly send: () => Promise<void>;
}

/** What a look found. */
interface Found {
  readonly repairs: readonly Repair[];
  readonly isDeleted: boolean;
  /** Fields of a deleted run, which takes nothing before it is restored. */
  readonly overwritten: readonly string[];
}

/** What a mender needs beside the parts of a delivery. */
export interface MenderParts extends LookParts, Pick<DeliveryParts, "store" | "mappings"> {
  readonly note: LeaderNote;
  readonly creator: RunCreator;
  readonly options: SendOptions;
  /** Waits until negative evidence counts. */
  readonly settle: () => Promise<void>;
  /** True when the storage may hold chunks of a run that are not in view. */
  readonly unread: (run: string) => Promise<boolean>;
}

/**
 * Makes sure of runs in doubt: reads them back when no request that their sender gave up can be on its way any more,
 * writes tags and fields again that an older value overwrote, and deletes an empty run that a late create made. Only a
 * look that finds all in order, after such a time, ends a doubt.
 */
export class Mender {
  readonly #parts: MenderParts;
  readonly #view: Scheduler;
  readonly #looks: Looks;
  /** Monotonic time at which the next run is due, as found by the last `pick`. */
  wakeAt: number = Number.POSITIVE_INFINITY;

  constructor(parts: MenderParts, view: Scheduler) {
    this.#parts = parts;
    this.#view = view;
    this.#looks = new Looks(parts, view);
  }

  /** A person may have set right what kept looks from ending doubts. */
  hurry(): void {
    this.#looks.hurry();
  }

  /** A run to look at now; it is busy until `Scheduler.done`. */
  pick(now: number): RunState | undefined {
    this.wakeAt = Number.POSITIVE_INFINITY;
    let next: { readonly id: string; readonly due: number } | undefined;
    for (const [id, { since, inherited }] of this.#parts.note.doubts) {
      // What an earlier leader left is looked at once more than needed: this one may not live as long as a request.
      const due = Math.max(inherited ? 0 : since + this.#parts.settings.requestTimeout, this.#looks.due(id));
      if (due > now) this.wakeAt = Math.min(this.wakeAt, due);
      // One request at a time, and what waits goes first: it may write the very same fields. Of several runs goes what is
      // due for longest, so that one at which looks always fail keeps no other from being looked at.
      else if (due < (next?.due ?? Number.POSITIVE_INFINITY) && this.#view.isIdle(id)) next = { id, due };
    }
    if (!next) return undefined;
    const run = this.#view.run(next.id);
    run.busy = true;
    return run;
  }

  /** Looks at a run, and mends what is to be mended. Rejects for the storage only. */
  async look(run: RunState): Promise<void> {
    const { note, runtime, store, mappings } = this.#parts;
    const doubt = note.doubts.get(run.id);
    if (!doubt) return;
    const { since } = doubt;
    doubt.inherited = false;
    const mapping = run.mapping ?? mappings.get(run.id) ?? (await ofStorage(store.mapping(run.id)));
    // Without a mapping the create still waits, and knows itself that it was sent; or the run is long forgotten.
    if (!mapping) {
      if (run.parked !== undefined || (await ofStorage(this.#parts.unread(run.id)))) return this.#looks.later(run.id);
      return this.#settle(run);
    }
    const desired = standing((await ofStorage(store.desired(run.id))) ?? {});
    // Of an end that waits for data the desired state knows before the server may.
    const ahead = run.items.length > 0 || run.after !== undefined || (await ofStorage(this.#parts.unread(run.id)));
    // What an answer tells was so when it was asked for, however late it comes.
    const asked = runtime.clock.monotonic();
    const asks = doubt.fields.size > 0 || doubt.create;
    let found: Found;
    try {
      found = await this.#compare(doubt, mapping, desired, ahead);
      const { repairs } = found;
      if (repairs.length > 0) {
        // The repair itself may come late: there is another look, also by the next leader.
        note.doubtFields(run.id, []);
        await ofStorage(note.keep());
        await this.#repair(mapping, doubt, repairs);
      }
      if (asks) this.#looks.succeeded(run.id);
      if (repairs.length > 0) return;
    } catch (error) {
      if (!(error instanceof Error) || isOfStorage(error)) throw error;
      return (await this.#looks.failed(run.id, mapping, doubt, error)) ? this.#settle(run) : undefined;
    }
    const { isDeleted, overwritten } = found;
    const settled = asked - since >= this.#parts.settings.requestTimeout && doubt.since === since;
    if (!settled) return;
    // What waits for a deleted run goes on once that is restored, and then its state shall be right.
    if (ahead && (isDeleted || [...doubt.fields].some(ownFieldOf))) return this.#looks.later(run.id);
    if (overwritten.length > 0) {
      this.#report(run.id, overwrittenText(mapping.runId, overwritten), OVERWRITTEN);
      return this.#looks.later(run.id, "deleted");
    }
    return this.#settle(run);
  }

  /** What the server refuses is asked for some times, as chunks are, and keeps nothing else from being set right. */
  async #repair({ localId, runId }: RunMapping, doubt: Doubt, repairs: readonly Repair[]): Promise<void> {
    let refused: unknown;
    for (const { field, send } of repairs) {
      await send().catch((error: unknown) => {
        // What may go better at another time ends the look, but for a refusal, which is one of this field alone.
        if (field === undefined || passes(error, CONFIRMATIONS)) throw error;
        if (passes(error, this.#looks.alike(localId))) refused = error;
        else {
          doubt.fields.delete(field);
          this.#report(localId, `Cannot make sure of the last state of run ${runId}: ${messageOf(error)}`);
        }
      });
    }
    if (refused) throw refused;
  }

  #settle({ id }: RunState): Promise<void> {
    const { note, problems } = this.#parts;
    this.#looks.forget(id);
    problems.solve("server-refused", id, OVERWRITTEN);
    note.settle(id);
    return ofStorage(note.keep());
  }

  #report(run: string, message: string, key: string = message): void {
    this.#parts.problems.report({ kind: "server-refused", run, key, message });
  }

  async #compare(doubt: Doubt, mapping: RunMapping, desired: DesiredRun, ahead: boolean): Promise<Found> {
    const { client, settle, options } = this.#parts;
    const { runId, localId, adopted } = mapping;
    const repairs: Repair[] = [];
    let isDeleted = false;
    let overwritten: string[] = [];
    if (doubt.fields.size > 0) {
      const found = await lookTwice(() => client.runs.get(runId, options), settle);
      // A run that is lost or another one by now is not written to.
      const ours = found !== undefined && (adopted || found.data.tags[RUN_ID_TAG] === localId);
      isDeleted = ours && found.info.lifecycleStage !== "active";
      const wrong = ours ? this.#fields(found, doubt, desired, ahead) : [];
      if (isDeleted) overwritten = wrong.map(({ field }) => field);
      else repairs.push(...wrong);
    }
    if (doubt.create) repairs.push(...(await this.#twins(mapping, desired, doubt)));
    return { repairs, isDeleted, overwritten };
  }

  #fields(
    { info, data }: RunData,
    { fields }: Doubt,
    { tags = {}, ...own }: DesiredRun,
    ahead: boolean,
  ): (Repair & { readonly field: string })[] {
    const { runs } = this.#parts.client;
    const { options } = this.#parts;
    const { runId } = info;
    return [...fields].flatMap((field) => {
      const name = ownFieldOf(field);
      if (name) {
        const there = name === "name" ? info.runName : info[name];
        if (ahead || own[name] === undefined || own[name] === there) return [];
        // Each by itself: one that the server refuses keeps no other from being set right.
        return [{ field, send: async () => void (await runs.update(runId, { [name]: own[name] }, options)) }];
      }
      const value = field === PROBE_TAG ? null : tags[field];
      if (typeof value === "string") {
        return data.tags[field] === value ? [] : [{ field, send: () => runs.setTag(runId, field, value, options) }];
      }
      if (value !== null || !(field in data.tags)) return [];
      return [
        {
          field,
          // It may be gone by now, which is what was asked for.
          send: () => runs.deleteTag(runId, field, options).catch(unlessMissing),
        },
      ];
    });
  }

  async #twins(mapping: RunMapping, desired: DesiredRun, { since }: Doubt): Promise<readonly Repair[]> {
    const { creator, client, settle, options, runtime } = this.#parts;
    const report = (message: string): void => this.#report(mapping.localId, message);
    if (mapping.model) return (await import("../models/late-models.ts")).modelTwins(client, mapping, report, options);
    const isLong = runtime.clock.monotonic() - since > LONG;
    return runTwins({ client, creator, settle, options, report, isLong }, mapping, desired);
  }
}

/** What cannot be set right, and the cure. */
function overwrittenText(runId: string, fields: readonly string[]): string {
  return `Cannot make sure of the last state of run ${runId} as it is deleted: an older request came late and overwrote ${namesOf(fields)}. Restore it with createClient(tracker).runs.restore("${runId}"), and it is written again`;
}
