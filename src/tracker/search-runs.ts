import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { NotFoundError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { NewRun } from "../queue/types.ts";
import { allOf } from "./all-of.ts";
import type { Core } from "./core.ts";
import { deletedError } from "./deleted-error.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";
import { limited } from "./limited.ts";
import { ownWrites } from "./reads.ts";
import { activeExperiment, idOf } from "./run-named.ts";
import { createRunTable } from "./run-table.ts";
import type { RunTable } from "./run-table-types.ts";
import { serverRunId } from "./server-run-id.ts";
import type { SearchRunsOptions } from "./types/tracker.ts";

const defaultMaxResults = 1000;
const largestPage = 1000;

const searchNames = "experiments allExperiments root filter orderBy view maxResults freshness";

/** Searches runs of experiments by name, after this tracker's own writes have arrived. */
export async function searchRuns(core: Core, options: SearchRunsOptions = {}): Promise<RunTable> {
  check(options);
  return limited(core, "searchRuns", options, searchNames, async (limits) => {
    const { maxResults = defaultMaxResults } = options;
    if (!Number.isSafeInteger(maxResults) || maxResults < 1) {
      throw new ValidationError(
        `Cannot search runs as maxResults must be an integer from 1: current value is ${String(maxResults)}`,
      );
    }
    const pending = await ownWrites(core, undefined, { ...options, ...limits });
    const root = options.root === undefined ? undefined : await rootOf(core, options, limits);
    const experimentIds = root?.experimentIds ?? (await experimentsOf(core, options, limits));
    const filter = [root?.filter, options.filter?.trim()].filter(Boolean).join(" AND ");
    const runs: RunData[] = [];
    let truncated = false;
    if (experimentIds.length > 0) {
      const client = await core.client();
      const found = client.runs.search(
        {
          experimentIds,
          ...(filter === "" ? {} : { filter }),
          ...(options.orderBy === undefined ? {} : { orderBy: [options.orderBy].flat() }),
          ...(options.view === undefined ? {} : { view: options.view }),
          maxResults: Math.min(maxResults + 1, largestPage),
        },
        limits,
      );
      for await (const run of found) {
        truncated = runs.length === maxResults;
        if (truncated) break;
        runs.push(run);
      }
    }
    return createRunTable(runs, { truncated, pending, width: () => core.runtime.terminal.columns() });
  });
}

function check(options: SearchRunsOptions): void {
  const wrong = (rule: string, value: unknown): ValidationError =>
    new ValidationError(
      `Cannot search runs as ${rule}: current value is ${typeof value === "string" ? quote(value) : textOf(value)}`,
    );
  if (typeof options !== "object" || options === null) {
    throw wrong(`the options must be an object such as { filter: "metrics.loss < 1" }`, options);
  }
  const { experiments, filter, orderBy } = options;
  const isText = (value: unknown): boolean => typeof value === "string";
  if (experiments !== undefined && !(Array.isArray(experiments) && experiments.every(isText))) {
    throw wrong(`experiments must be a list of names such as ["Default"]`, experiments);
  }
  if (filter !== undefined && !isText(filter)) throw wrong("filter must be a text", filter);
  if (orderBy !== undefined && ![orderBy].flat().every(isText)) throw wrong("orderBy must be texts", orderBy);
}

/** All below a root, at any depth, in its experiment unless others are named. */
async function rootOf(
  core: Core,
  options: SearchRunsOptions,
  limits: CallOptions,
): Promise<{ filter: string; experimentIds: readonly string[] }> {
  const id = await serverRunId(core, idOf(options.root) ?? "", limits);
  const filter = `tags."mlflow.rootRunId" = '${id}'`;
  const elsewhere = options.experiments !== undefined || options.allExperiments === true;
  if (elsewhere) return { filter, experimentIds: await experimentsOf(core, options, limits) };
  const { runs } = await core.client();
  const { info } = await runs.get(id, limits);
  if (info.lifecycleStage === "deleted" && (options.view ?? "active") === "active") {
    throw deletedError(core, "search the tree of a run", "run", { id });
  }
  return { filter, experimentIds: [info.experimentId] };
}

async function experimentsOf(core: Core, options: SearchRunsOptions, limits: CallOptions): Promise<string[]> {
  // What is deleted is there to be looked at, when that is asked for.
  const withDeleted = options.view === "deleted" || options.view === "all";
  if (options.allExperiments === true) {
    const { experiments } = await core.client();
    const found = await experiments.search(withDeleted ? { view: "all" } : {}, limits).all();
    return found.map((experiment) => experiment.experimentId);
  }
  const find = (experiment: NewRun["experiment"]): Promise<string | undefined> =>
    withDeleted ? experimentId(core, experiment, limits) : activeExperiment(core, "search", experiment, limits);
  if (options.experiments === undefined) {
    // The own experiment is made with its first run: until then it has no runs.
    const own = await find(core.experiment);
    return own === undefined ? [] : [own];
  }
  return allOf(options.experiments, async (name) => (await find({ name })) ?? missing(core, name));
}

async function experimentId(
  core: Core,
  experiment: NewRun["experiment"],
  limits: CallOptions,
): Promise<string | undefined> {
  if ("id" in experiment) return experiment.id;
  const { experiments } = await core.client();
  return (await experiments.getByName(experiment.name, limits))?.experimentId;
}

function missing(core: Core, name: string): never {
  throw new NotFoundError(
    `Cannot search the experiment "${name}" as there is none with that name: see allExperiments`,
    {
      status: 404,
      errorCode: "RESOURCE_DOES_NOT_EXIST",
      serverMessage: "",
      request: { method: "GET", url: `${core.connection.trackingUri}/api/2.0/mlflow/experiments/get-by-name` },
    },
  );
}
