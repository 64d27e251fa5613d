import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import type { Resources } from "../client/resources.ts";
import { BadRequestError } from "../errors/network-errors.ts";
import { allOf } from "./all-of.ts";
import type { Core } from "./core.ts";
import { deletedError } from "./deleted-error.ts";
import { readRun } from "./reads.ts";
import { serverRunId } from "./server-run-id.ts";
import type { ReadOptions } from "./types/run.ts";
import type { RunNode } from "./types/tracker.ts";

type Runs = Resources["runs"];

const parentTag = 'tags."mlflow.parentRunId"';
const rootTag = 'tags."mlflow.rootRunId"';

/** Runs on a level up to which each of them is asked for its children; above that all children are asked for at once. */
const fewOnLevel = 16;

/** A run and all below it: one search by the root's tag; runs of clients that set none are found by their parents. */
export function runTree(core: Core, id: string, options?: ReadOptions): Promise<RunNode> {
  return readRun(core, "runTree", id, options, "", async ({ runs }, runId, limits) => {
    const top = await runs.get(runId, limits);
    if (top.info.lifecycleStage === "deleted") throw deletedError(core, "show the tree of a run", "run", { id: runId });
    const root = await serverRunId(core, top.data.tags["mlflow.rootRunId"] || runId, limits).catch(() => runId);
    const below = await search(runs, top, `${rootTag} = '${root}'`, limits);
    const rest = below.length === 0 ? await walk(runs, top, limits) : await strays(runs, top, limits);
    return nest(top, [...below, ...rest], root === runId ? below : []);
  });
}

/**
 * Runs with a parent and no root: made by another client, below one of ours. Servers before MLflow 3 know no `IS NULL`:
 * they give all that have a parent.
 */
async function strays(runs: Runs, top: RunData, limits: CallOptions): Promise<RunData[]> {
  const nested = `${parentTag} LIKE '%'`;
  try {
    return await search(runs, top, `${nested} AND ${rootTag} IS NULL`, limits);
  } catch (error) {
    if (!(error instanceof BadRequestError)) throw error;
    const all = await search(runs, top, nested, limits);
    return all.filter(({ data }) => data.tags["mlflow.rootRunId"] === undefined);
  }
}

/** Level by level, where no run names its root. */
async function walk(runs: Runs, top: RunData, limits: CallOptions): Promise<RunData[]> {
  const known = new Set([top.info.runId]);
  const found: RunData[] = [];
  for (let level = [top]; level.length > 0; ) {
    if (level.length > fewOnLevel) return search(runs, top, `${parentTag} LIKE '%'`, limits);
    const next = await allOf(level, ({ info }) => search(runs, top, `${parentTag} = '${info.runId}'`, limits));
    level = next.flat().filter(({ info }) => !known.has(info.runId));
    for (const run of level) known.add(run.info.runId);
    found.push(...level);
  }
  return found;
}

/** Deleted runs too: what is below them is not. */
function search(runs: Runs, from: RunData, filter: string, limits: CallOptions): Promise<RunData[]> {
  const experimentIds = [from.info.experimentId];
  return runs
    .search({ experimentIds, filter, view: "all", orderBy: ["start_time ASC"], maxResults: 1000 }, limits)
    .all();
}

interface OpenNode extends RunNode {
  readonly children: OpenNode[];
}

/**
 * Without recursion, as a tree may be as deep as it likes; each run once, as tags may go round in a circle. What is below
 * a deleted run hangs from the nearest above it that is not; `rooted` are known to be below the top, and hang from it
 * where their parent is gone for good.
 */
function nest(top: RunData, runs: readonly RunData[], rooted: readonly RunData[]): RunNode {
  const childrenOf = Map.groupBy(runs, parentOf);
  const known = new Set([top, ...runs].map(({ info }) => info.runId));
  const lost = rooted.filter((run) => !known.has(parentOf(run) ?? ""));
  const tree: OpenNode = { run: top, children: [] };
  const placed = new Set([top.info.runId]);
  const nodes = [tree];
  const below = [{ runs: [...(childrenOf.get(top.info.runId) ?? []), ...lost], node: tree }];
  for (const { runs: found, node } of below) {
    for (const run of found) {
      const id = run.info.runId;
      if (placed.has(id)) continue;
      placed.add(id);
      const place: OpenNode = run.info.lifecycleStage === "deleted" ? node : { run, children: [] };
      if (place !== node) {
        node.children.push(place);
        nodes.push(place);
      }
      below.push({ runs: childrenOf.get(id) ?? [], node: place });
    }
  }
  for (const { children } of nodes)
    children.sort(
      ({ run: { info: a } }, { run: { info: b } }) => a.startTime - b.startTime || (a.runId < b.runId ? -1 : 1),
    );
  return tree;
}

function parentOf(run: RunData): string | undefined {
  return run.data.tags["mlflow.parentRunId"];
}
