import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import type { Core } from "./core.ts";
import { readRun } from "./reads.ts";
import type { Resources } from "../client/resources.ts";
import { serverRunId } from "./server-run-id.ts";
import type { ReadOptions } from "./types/run.ts";
import type { RunNode } from "./types/tracker.ts";

type Runs = Resources["runs"];

const parentTag = "mlflow.parentRunId";
const rootTag = "mlflow.rootRunId";

/** A run and all below it: one search by the root's tag; runs of clients that set none are found level by level. */
export function runTree(core: Core, id: string, options?: ReadOptions): Promise<RunNode> {
  return readRun(core, "runTree", id, options, async ({ runs }, runId, limits) => {
    const top = await runs.get(runId, limits);
    const root = await serverRunId(core, top.data.tags[rootTag] || runId, limits).catch(() => runId);
    const below = await search(runs, top, `tags."${rootTag}" = '${root}'`, limits);
    const known = new Map([...below, top].map((run) => [run.info.runId, run]));
    if (below.length <= 1) await walk(runs, top, known, limits);
    return node(top, childrenByParent(known.values()), new Set());
  });
}

async function walk(runs: Runs, top: RunData, known: Map<string, RunData>, limits: CallOptions): Promise<void> {
  for (let level = [top]; level.length > 0; ) {
    const found = await Promise.all(
      level.map((run) => search(runs, run, `tags."${parentTag}" = '${run.info.runId}'`, limits)),
    );
    level = found.flat().filter((run) => !known.has(run.info.runId));
    for (const run of level) known.set(run.info.runId, run);
  }
}

function search(runs: Runs, from: RunData, filter: string, limits: CallOptions): Promise<RunData[]> {
  const query = { experimentIds: [from.info.experimentId], filter, orderBy: ["start_time ASC"], maxResults: 1000 };
  return runs.search(query, limits).all();
}

function childrenByParent(runs: Iterable<RunData>): Map<string, RunData[]> {
  const children = new Map<string, RunData[]>();
  for (const run of runs) {
    const parent = run.data.tags[parentTag];
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [run]);
    else siblings.push(run);
  }
  return children;
}

// Tags can be written by anybody: a run that is its own ancestor must not build an endless tree.
function node(run: RunData, children: ReadonlyMap<string, RunData[]>, above: ReadonlySet<string>): RunNode {
  const path = new Set([...above, run.info.runId]);
  const below = (children.get(run.info.runId) ?? []).filter((child) => !path.has(child.info.runId));
  below.sort((a, b) => a.info.startTime - b.info.startTime || (a.info.runId < b.info.runId ? -1 : 1));
  return { run, children: below.map((child) => node(child, children, path)) };
}
