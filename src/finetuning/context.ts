import { keyProblem } from "../client/limits.ts";
import type { Experiment } from "../client/types/entities.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { HeldClaim } from "../claims/types.ts";
import type { Run } from "../tracker/types/run.ts";
import { ExperimentStore } from "./experiment-store.ts";
import { IterationError, NoRunError } from "./finetuning-errors.ts";
import { ModelStore } from "./model-store.ts";
import { Names } from "./names.ts";
import { Requests } from "./requests.ts";
import { bestKey } from "./run-facts.ts";
import { RunStore } from "./run-store.ts";
import { jsonSerializer } from "./serializer.ts";
import type { ExperimentsManagerOptions } from "./types.ts";

/** The run that is trained now. */
export interface ActiveRun {
  readonly runId: string;
  readonly run: Run;
  readonly claim: HeldClaim | undefined;
  /** Names this training in the tags of its run; an earlier one has another name. */
  readonly attempt: string;
  /** Last step of the main metric that an earlier try has left; -1 for none. */
  readonly before: number;
  /** Best value of the main metric so far, and where it stands. */
  best: { readonly value: number; readonly step: number } | undefined;
  /** The value of `best_<metric>` that is on the server or on its way, and the last step that has one. */
  shown: { readonly value: number | undefined; readonly step: number };
}

/** What the parts of a manager share: its settings, the server, and where it stands. */
export class Context<P extends object, M> {
  readonly options: ExperimentsManagerOptions<P, M>;
  readonly requests: Requests;
  readonly names: Names;
  readonly experiments: ExperimentStore;
  readonly runs: RunStore;
  readonly models: ModelStore<M>;
  readonly isLoss: boolean;
  readonly topRuns: number;
  /** Undefined in the initial iteration. */
  iteration: Experiment | undefined;
  active: ActiveRun | undefined;

  constructor(options: ExperimentsManagerOptions<P, M>) {
    const { tracker, mainMetric, pluginName, isLoss = false, topRuns = 10, requirements = [], retry } = options;
    const problem = typeof mainMetric === "string" ? keyProblem(bestKey(mainMetric)) : "be text";
    if (problem !== undefined || mainMetric === "")
      throw refused("mainMetric", problem ?? "not be empty", JSON.stringify(mainMetric));
    if (!Number.isInteger(topRuns) || topRuns < 1) throw refused("topRuns", "be an integer from 1", topRuns);
    for (const line of requirements) {
      if (typeof line !== "string" || /[\r\n]/.test(line))
        throw refused("requirements", "be a list of lines", JSON.stringify(line));
    }
    this.options = options;
    this.isLoss = isLoss;
    this.topRuns = topRuns;
    this.names = new Names(pluginName);
    this.requests = new Requests(tracker, retry);
    this.experiments = new ExperimentStore(this.requests, this.names);
    this.runs = new RunStore(this.requests, tracker);
    const serializer = options.serializer ?? jsonSerializer<M>();
    this.models = new ModelStore(this.requests, this.runs, serializer, requirements);
  }

  notice(text: string): void {
    const { onNotice } = this.options;
    if (onNotice !== undefined) onNotice(text);
    // biome-ignore lint/suspicious/noConsole: where nobody listens, a person must still be told.
    else console.warn(`tracklet: ${text}`);
  }

  mustHaveIteration(what: string): Experiment {
    if (this.iteration !== undefined) return this.iteration;
    throw new IterationError(
      `Cannot ${what} as an iteration must be set, and this is the initial one: call setIteration() first`,
    );
  }

  mustHaveRun(what: string): ActiveRun {
    if (this.active !== undefined) return this.active;
    throw new NoRunError(
      `Cannot ${what} as a run must be set: call setRun() first, and do not train what it calls finished`,
    );
  }
}

function refused(name: string, must: string, is: unknown): ValidationError {
  return new ValidationError(
    `Cannot make an experiments manager as ${name} must ${must}: current value is ${String(is)}`,
  );
}
