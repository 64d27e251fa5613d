import type { RunData } from "../../client/types/entities.ts";
import { RUN_ID_TAG, type RunCreator, type SendOptions } from "./create-run.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import type { Doubt } from "../lead/merged-doubts.ts";
import { PROBE_TAG } from "../lead/probe-tag.ts";
import { lookTwice, unlessMissing } from "./missing.ts";
import { classify, passes } from "./outcome.ts";
import type { RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import { ofStorage } from "./storage-trouble.ts";
import type { DeliveryParts } from "./delivery-parts.ts";
import { runTwins } from "./twins.ts";
import { messageOf } from "./words-of-errors.ts";

/** Between a look that ended no doubt and the next one; while a person has to act, and the look came through. */
const AGAIN = 15_000;
const AGAIN_PARKED = 600_000;

/** A request that sets something right. */
export interface Repair {
  /** What it sets: a tag, "" for the run's own fields; undefined for a twin. */
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
export interface MenderParts
  extends Pick<DeliveryParts, "client" | "store" | "runtime" | "problems" | "settings" | "mappings"> {
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
  /** Looks that ended no doubt: their monotonic times, and what they met that says when the next one is. */
  readonly #looked = new Map<string, { readonly at: number; readonly met?: "away" | "deleted" | undefined }>();
  /** Monotonic time at which the next run is due, as found by the last `pick`. */
  wakeAt: number = Number.POSITIVE_INFINITY;

  constructor(parts: MenderParts, view: Scheduler) {
    this.#parts = parts;
    this.#view = view;
  }

  /** A run to look at now; it is busy until `Scheduler.done`. */
  pick(now: number): RunState | undefined {
    this.wakeAt = Number.POSITIVE_INFINITY;
    for (const [id, { since, inherited }] of this.#parts.note.doubts) {
      // What an earlier leader left is looked at once more than needed: this one may not live as long as a request.
      const due = Math.max(inherited ? 0 : since + this.#parts.settings.requestTimeout, this.#again(id));
      if (due > now) this.wakeAt = Math.min(this.wakeAt, due);
      // One request at a time, and what waits goes first: it may write the very same fields.
      else if (this.#view.isIdle(id)) {
        const run = this.#view.run(id);
        run.busy = true;
        return run;
      }
    }
    return undefined;
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
      if (run.parked !== undefined || (await ofStorage(this.#parts.unread(run.id)))) return this.#later(run);
      note.settle(run.id);
      return ofStorage(note.keep());
    }
    const desired = (await ofStorage(store.desired(run.id))) ?? {};
    // Of an end that waits for data the desired state knows before the server may.
    const ahead = run.items.length > 0 || run.after !== undefined || (await ofStorage(this.#parts.unread(run.id)));
    // What an answer tells was so when it was asked for, however late it comes.
    const asked = runtime.clock.monotonic();
    let found: Found;
    try {
      found = await this.#compare(doubt, mapping, desired, ahead);
      const { repairs } = found;
      if (repairs.length > 0) {
        // The repair itself may come late: there is another look, also by the next leader.
        note.doubtFields(run.id, []);
        await ofStorage(note.keep());
        for (const { field, send } of repairs) {
          await send().catch((error: unknown) => {
            if (passes(error) || field === undefined) throw error;
            doubt.fields.delete(field);
            this.#report(run.id, `Cannot make sure of the last state of run ${mapping.runId}: ${messageOf(error)}`);
          });
        }
        return;
      }
    } catch (error) {
      if (!(error instanceof Error) || isStorage(error)) throw error;
      if (!passes(error)) {
        this.#report(run.id, `Cannot make sure of the last state of run ${mapping.runId}: ${messageOf(error)}`);
      }
      return this.#later(run, isAway(error) ? "away" : undefined);
    }
    const { isDeleted, overwritten } = found;
    const settled = asked - since >= this.#parts.settings.requestTimeout && doubt.since === since;
    if (!settled) return;
    // What waits for a deleted run goes on once that is restored, and then its state shall be right.
    if (ahead && (isDeleted || doubt.fields.has(""))) return this.#later(run);
    if (overwritten.length > 0) {
      this.#report(run.id, overwrittenText(mapping.runId, overwritten));
      return this.#later(run, "deleted");
    }
    this.#looked.delete(run.id);
    note.settle(run.id);
    await ofStorage(note.keep());
  }

  #later({ id }: RunState, met?: "away" | "deleted"): void {
    this.#looked.set(id, { at: this.#parts.runtime.clock.monotonic(), met });
  }

  /** Monotonic time before which a run is not looked at again. */
  #again(id: string): number {
    const looked = this.#looked.get(id);
    if (looked === undefined) return 0;
    const waits = looked.met === "deleted" || (this.#view.parks(id) && looked.met !== "away");
    return looked.at + (waits ? AGAIN_PARKED : AGAIN);
  }

  #report(run: string, message: string): void {
    this.#parts.problems.report({
      kind: "server-refused",
      run,
      key: message,
      message,
    });
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
      if (field === "") {
        const differs =
          (own.status !== undefined && own.status !== info.status) ||
          (own.endTime !== undefined && own.endTime !== info.endTime) ||
          (own.name !== undefined && own.name !== info.runName);
        return differs && !ahead
          ? [
              {
                field,
                send: async () => void (await runs.update(runId, own, options)),
              },
            ]
          : [];
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
    const isLong = runtime.clock.monotonic() - since > AGAIN_PARKED;
    return runTwins({ client, creator, settle, options, report, isLong }, mapping, desired);
  }
}

/** What cannot be set right, and the cure. */
function overwrittenText(runId: string, fields: readonly string[]): string {
  const what = fields.map((field) => (field === "" ? "its name, status or end" : `tag ${JSON.stringify(field)}`));
  return `Cannot make sure of the last state of run ${runId} as it is deleted: an older request came late and overwrote ${what.join(", ")}. Restore it with createClient(tracker).runs.restore("${runId}"), and it is written again`;
}

/** True for a server that gave no answer, or failed. */
function isAway(error: unknown): boolean {
  return classify(error, "update", 0).action === "retry";
}

function isStorage({ name }: Error): boolean {
  return name === "StorageError" || name === "StaleTermError";
}
