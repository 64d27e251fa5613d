import { RUN_ID_TAG } from "../../../src/queue/send/create-run.ts";
import { item } from "../checks/items.ts";
import { Oracle, type WireReply, type WireRequest } from "../oracle/oracle.ts";
import { newRunId } from "../oracle/run-id.ts";
import type { OracleRun, OracleState } from "../oracle/state.ts";
import type { Acts } from "../oracle/write-metrics.ts";
import type { Chance } from "./chance.ts";

/** A run as the server has it. */
export interface ServerRun {
  readonly id: string;
  readonly localId: string | undefined;
  readonly experiment: string | undefined;
  readonly name: string;
  readonly status: string;
  readonly deleted: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly items: ReadonlySet<string>;
}

/** What a simulation needs of a server. */
export interface SimServer {
  readonly name: string;
  handle(request: WireRequest, lag: number): WireReply | Promise<WireReply>;
  /** True when a run has an item now; undefined when that cannot be told at once. */
  has(runId: string, name: string): boolean | undefined;
  runs(): Promise<readonly ServerRun[]>;
  /** Makes a run deleted or active again, as a person does. */
  setDeleted(runId: string, deleted: boolean): void | Promise<void>;
  backup(): OracleState | undefined;
  /** Gives the ids of the runs that went with it. */
  restore(state: OracleState): readonly string[];
  close(): void;
}

/** The server of most seeds. */
export function oracleServer(
  acts: Acts,
  now: () => number,
  chance: Chance,
  artifacts: ReadonlyMap<string, string>,
): SimServer {
  const oracle = new Oracle(acts, now, () => newRunId(chance));
  const has = (run: OracleRun, name: string): boolean => hasItem(oracle, run, name, artifacts);
  return {
    name: `oracle ${acts}`,
    handle: (request, lag) => oracle.handle(request, lag),
    has(runId, name) {
      const run = oracle.state.runs.get(runId);
      return run !== undefined && has(run, name);
    },
    runs: async () =>
      [...oracle.state.runs.values()].map((run) => ({
        id: run.id,
        localId: run.tags.get(RUN_ID_TAG),
        experiment: oracle.state.experiments.get(run.experimentId)?.name,
        name: run.name,
        status: run.status,
        deleted: run.deleted,
        tags: run.tags,
        items: new Set(itemsOf(oracle, run)),
      })),
    setDeleted(runId, deleted) {
      const run = oracle.state.runs.get(runId);
      if (run) run.deleted = deleted;
    },
    backup: () => oracle.backup(),
    restore(state) {
      const before = [...oracle.state.runs.keys()];
      oracle.restore(state);
      return before.filter((id) => !oracle.state.runs.has(id));
    },
    close: () => {},
  };
}

function hasItem(oracle: Oracle, run: OracleRun, name: string, artifacts: ReadonlyMap<string, string>): boolean {
  const first = name.indexOf(" ");
  const second = name.indexOf(" ", first + 1);
  const key = second < 0 ? name.slice(first + 1) : name.slice(first + 1, second);
  const value = second < 0 ? "" : name.slice(second + 1);
  switch (name.slice(0, first)) {
    case "metric":
      return run.metrics.get(key)?.has(name) === true;
    case "param":
      return run.params.get(key) === value;
    case "input":
      return run.inputs.has(`${key} ${value}`);
    default: {
      const file = oracle.files.get(`${run.experimentId}/${run.id}/artifacts/${key}`);
      return file !== undefined && new TextDecoder().decode(file) === artifacts.get(key);
    }
  }
}

function* itemsOf(oracle: Oracle, run: OracleRun): Iterable<string> {
  for (const points of run.metrics.values()) yield* points.keys();
  for (const [key, value] of run.params) yield item.param(key, value);
  for (const name of run.inputs.keys()) yield `input ${name}`;
  const root = `${run.experimentId}/${run.id}/artifacts/`;
  for (const path of oracle.files.keys()) if (path.startsWith(root)) yield item.artifact(path.slice(root.length));
}
