import type { CallOptions } from "../../client/types/connection.ts";
import type { Experiment, RunData } from "../../client/types/entities.ts";
import { AlreadyExistsError } from "../../errors/network-errors.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import { isMissing, lookTwice } from "./missing.ts";
import { ParkError } from "./outcome.ts";
import { sleep } from "./sleep.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { NewRun } from "../types.ts";

/** Our id of a run, as a tag on the server. */
export const RUN_ID_TAG = "mlflow.tracklet.runId";
export const PARENT_TAG = "mlflow.parentRunId";
export const ROOT_TAG = "mlflow.rootRunId";
/** Our id of a parent that was not there when its child was created; and the mark of a child that still waits for it. */
export const ORPHAN_OF_TAG = "mlflow.tracklet.parentRunId";
export const ORPHAN_TAG = "mlflow.tracklet.orphan";
/** On a second run that was made for one of ours: the id of the first. */
export const DUPLICATE_TAG = "mlflow.tracklet.duplicateOf";

/** Milliseconds for which an experiment is taken to be the one that it was: runs that are made together ask once. */
const EXPERIMENT_KEPT = 10_000;

/** Options of the calls that deliver: they end with the engine, and the queue has its own way of trying again. */
export type SendOptions = CallOptions & { readonly signal: AbortSignal };

/** Says so, with the way back. */
export function experimentDeleted({ experimentId, name }: Experiment): string {
  return `experiment "${name}" is deleted: restore it with createClient(tracker).experiments.restore("${experimentId}"), or log to another one`;
}

/** What is known of earlier creations of a run, and what is to be noted of the next one. */
export interface Attempts {
  /** Those that may have reached the server, as far as is known: look first. */
  readonly count: number;
  /** Experiments in which they were tried, where the run names its own: that name may be another one's by now. */
  readonly experimentIds: readonly string[];
  /** Called right before the request that must not be repeated blindly. */
  readonly mark: (experimentId: string) => Promise<void>;
  /** Called before a run is created without its parent. */
  readonly orphaned: (parent: string, experimentId: string) => Promise<void>;
}

/** Creates runs on the server, each once. */
export class RunCreator {
  readonly #client: DeliveryClient;
  readonly #clock: Clock;
  readonly #settleDelay: number;
  readonly #tell: (run: string, message: string) => void;
  /** Ids by name and when they were asked for; soon asked for again, since a restored server gives them to others. */
  readonly #experiments = new Map<string, { readonly id: string; readonly at: number }>();

  /** @param tell Called with our id of a run that is created all the same, and what is odd about its parent. */
  constructor(client: DeliveryClient, clock: Clock, settleDelay: number, tell: (run: string, message: string) => void) {
    this.#tell = tell;
    this.#client = client;
    this.#clock = clock;
    this.#settleDelay = settleDelay;
  }

  /** @param parent The parent's mapping, when it is one of ours and known. */
  async create(
    run: NewRun,
    parent: RunMapping | undefined,
    attempts: Attempts,
    options: SendOptions,
    again = false,
  ): Promise<RunMapping> {
    const { count, experimentIds: tried } = attempts;
    // First where it may be, so that no experiment is made whose name another one had.
    let [data] = count > 0 && tried.length > 0 ? await this.find(run.localId, tried, options) : [];
    const isActive = data?.info.lifecycleStage === "active";
    const experimentId = (isActive && data?.info.experimentId) || (await this.#experiment(run.experiment, options));
    const experimentIds = [...new Set([experimentId, ...tried])];
    const at = data?.info.experimentId ?? experimentId;
    const { tags: parentTags, rootId, orphanOf } = await this.#parent(run, parent, at, options);
    if (orphanOf !== undefined) await attempts.orphaned(orphanOf, at);
    if (count > 0 && tried.length === 0) [data] = await this.find(run.localId, experimentIds, options);
    if (count > 1 || (!data && count > 0)) {
      // Not found is weak evidence: the create may be on its way still, or the search be answered by a replica, which
      // may also show the one of two runs that nobody has deleted and not yet the other.
      await sleep(this.#clock, this.#settleDelay, options.signal);
      [data] = await this.find(run.localId, experimentIds, options);
    }
    if (!data) {
      await attempts.mark(experimentId);
      const { name, startTime, user } = run;
      const tags = { ...run.tags, ...parentTags, [RUN_ID_TAG]: run.localId };
      try {
        data = await this.#client.runs.create(
          { experimentId, startTime, tags, ...(name !== undefined && { name }), ...(user !== undefined && { user }) },
          options,
        );
      } catch (error) {
        this.#experiments.clear();
        // A server that was restored meanwhile has that experiment under another id, or not any more.
        const lost = isMissing(error) && "name" in run.experiment && !again;
        if (lost) return this.create(run, parent, attempts, options, true);
        throw error;
      }
      // Somebody else may have looked and created at the same time: both take the same one, before either writes to it.
      if (count > 0) {
        await sleep(this.#clock, this.#settleDelay, options.signal);
        const found = await this.find(run.localId, experimentIds, options);
        data = found.find(({ info }) => info.lifecycleStage !== "deleted") ?? data;
      }
    }
    const { runId, artifactUri, runName: name } = data.info;
    return {
      localId: run.localId,
      runId,
      experimentId: data.info.experimentId,
      artifactUri,
      name,
      ...(rootId !== undefined && { rootId }),
      ...(orphanOf !== undefined && { orphanOf }),
    };
  }

  /** Experiments of runs that were created in this session. */
  experimentIds(): readonly string[] {
    return [...this.#experiments.values()].map(({ id }) => id);
  }

  /** Asks for experiments again: the server may be another one by now. */
  forget(): void {
    this.#experiments.clear();
  }

  /**
   * The server's runs with our id, also deleted ones, so that a run that the user deleted is not made again: these come
   * first, since another one may have come late. Those that are known to be second ones come last.
   */
  async find(localId: string, experimentIds: readonly string[], options: SendOptions): Promise<RunData[]> {
    const filter = `tags.\`${RUN_ID_TAG}\` = '${localId}'`;
    const found: RunData[] = [];
    for await (const run of this.#client.runs.search({ experimentIds, filter, view: "all" }, options)) {
      if (run.data.tags[RUN_ID_TAG] === localId) found.push(run);
    }
    const rank = ({ info, data }: RunData): number =>
      DUPLICATE_TAG in data.tags ? 2 : Number(info.lifecycleStage !== "deleted");
    return found.sort((a, b) => rank(a) - rank(b) || (a.info.runId < b.info.runId ? -1 : 1));
  }

  async #experiment(experiment: NewRun["experiment"], options: SendOptions): Promise<string> {
    if ("id" in experiment) return experiment.id;
    const { name } = experiment;
    const known = this.#experiments.get(name);
    const now = this.#clock.monotonic();
    if (known !== undefined && now - known.at < EXPERIMENT_KEPT) return known.id;
    const { experiments } = this.#client;
    let found = await experiments.getByName(name, options);
    let id = found?.experimentId;
    if (id === undefined) {
      try {
        id = await experiments.create({ name }, options);
      } catch (error) {
        if (!(error instanceof AlreadyExistsError)) throw error;
        found = await experiments.getByName(name, options);
        if (!found) throw error;
        id = found.experimentId;
      }
    }
    if (found?.lifecycleStage === "deleted") {
      throw new ParkError(experimentDeleted(found));
    }
    this.#experiments.set(name, { id, at: now });
    return id;
  }

  async #parent(
    run: NewRun,
    known: RunMapping | undefined,
    experimentId: string,
    options: SendOptions,
  ): Promise<{ tags: Record<string, string>; rootId?: string; orphanOf?: string }> {
    const { parent } = run;
    if (!parent) return { tags: {} };
    let id = known?.runId;
    let rootId = known?.rootId;
    let at = known?.experimentId;
    let found: RunData | undefined;
    if ("local" in parent && !known) {
      // It may be one of another queue.
      [found] = await this.find(parent.local, [experimentId], options);
      // Else it cannot be created: its child is not held back, and says whose child it is.
      if (!found) return { tags: { [ORPHAN_OF_TAG]: parent.local, [ORPHAN_TAG]: "true" }, orphanOf: parent.local };
    }
    // A parent that waited for its own may have got another root since.
    const asked = "server" in parent ? parent.server : known?.orphanOf === undefined ? undefined : known.runId;
    if (asked !== undefined) {
      id = asked;
      const settle = (): Promise<void> => sleep(this.#clock, this.#settleDelay, options.signal);
      found = await lookTwice(() => this.#client.runs.get(asked, options), settle);
      rootId = undefined;
    }
    if (found) {
      id = found.info.runId;
      rootId = found.data.tags[ROOT_TAG];
      at = found.info.experimentId;
    }
    const odd = oddParent(id, at, experimentId, found);
    if (odd !== undefined) this.#tell(run.localId, `The run "${run.name ?? run.localId}" is created, but ${odd}`);
    rootId ??= id;
    if (id === undefined || rootId === undefined) return { tags: {} };
    return { tags: { [PARENT_TAG]: id, [ROOT_TAG]: rootId }, rootId };
  }
}

/** What is odd about a parent; undefined when nothing is. */
function oddParent(id = "", at: string | undefined, experimentId: string, found?: RunData): string | undefined {
  if (at === undefined) return `its parent "${id}" is not on this server: no tree shows it`;
  if (found?.info.lifecycleStage === "deleted") {
    return `its parent is deleted: restore it with createClient(tracker).runs.restore("${id}")`;
  }
  if (at === experimentId) return undefined;
  return `it is in experiment ${experimentId} and its parent "${id}" in ${at}, so that no tree shows both: start it with the experiment of its parent`;
}
