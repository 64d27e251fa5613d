import { readQueueFile } from "../../src/cli/queue-file.ts";
import type { StorageCounts } from "../../src/queue/storage.ts";
import { bytesOf, type Op, RUN_TAG, timestampAt, valueAt } from "./plan.ts";
import type { ServerRun } from "./server-rows.ts";

const ID_TAG = "mlflow.tracklet.runId";
const PARENT_TAG = "mlflow.parentRunId";
const ENDED_BY_TAG = "mlflow.tracklet.endedBy";

/** What a child may have logged, and what it was promised of that. */
export interface Logged {
  readonly ops: readonly Op[];
  /** True when the call with this number was durable for sure. */
  readonly promised: (number: number) => boolean;
}

/** Says all that is lost, doubled or made up on the server. */
export function checkServer(children: readonly Logged[], found: readonly ServerRun[]): string[] {
  const problems: string[] = [];
  const runs = new Map<string, ServerRun>();
  const ids = new Set<string>();
  for (const run of found) {
    const name = run.tags.get(RUN_TAG) ?? "";
    const id = run.tags.get(ID_TAG);
    if (runs.has(name)) problems.push(`run "${name}" is there twice: ${runs.get(name)!.id} and ${run.id}`);
    if (id === undefined || ids.has(id)) problems.push(`run "${name}" has no id of its own: ${id}`);
    ids.add(id ?? "");
    runs.set(name, run);
  }
  const ghosts = new Set(runs.keys());
  for (const { ops, promised } of children) {
    for (const [number, op] of ops.entries()) {
      if (op.kind !== "start") continue;
      const run = runs.get(op.run);
      ghosts.delete(op.run);
      const parent = op.parent === undefined ? undefined : runs.get(op.parent);
      if (run)
        problems.push(...checkRun(op.run, ops, promised, run, parent).map((problem) => `run "${op.run}": ${problem}`));
      else if (promised(number)) problems.push(`run "${op.run}" is lost`);
    }
  }
  for (const name of ghosts) problems.push(`run "${name}" is a ghost: nobody started it`);
  return problems;
}

function checkRun(
  name: string,
  ops: readonly Op[],
  promised: Logged["promised"],
  run: ServerRun,
  parent: ServerRun | undefined,
): string[] {
  const problems: string[] = [];
  /** Steps that may be there, by key; true for those that must. */
  const steps = new Map<string, Map<number, boolean>>();
  const params = new Map(run.params);
  const artifacts = new Map(run.artifacts);
  const tags = { must: 0, may: 0 };
  let ended: boolean | undefined;
  for (const [number, op] of ops.entries()) {
    if (op.kind === "durable" || op.run !== name) continue;
    const must = promised(number);
    switch (op.kind) {
      case "points": {
        const own = steps.get(op.key) ?? new Map<number, boolean>();
        steps.set(op.key, own);
        for (let step = op.from; step < op.from + op.count; step++) own.set(step, must);
        break;
      }
      case "param": {
        const value = params.get(op.key);
        params.delete(op.key);
        if (value === undefined ? must : value !== op.value) problems.push(`param "${op.key}" is ${value}`);
        break;
      }
      case "tag":
        tags.may = op.value;
        if (must) tags.must = op.value;
        break;
      case "artifact": {
        const body = artifacts.get(op.path);
        artifacts.delete(op.path);
        const same = body?.equals(bytesOf(name, op.path, op.size));
        if (body === undefined ? must : !same) {
          problems.push(`artifact "${op.path}" of ${op.size} bytes is ${body ? `of other ${body.length}` : "lost"}`);
        }
        break;
      }
      case "end":
        ended = must;
    }
  }
  problems.push(...checkPoints(steps, run));
  for (const key of params.keys()) problems.push(`nobody logged param "${key}"`);
  for (const path of artifacts.keys()) problems.push(`nobody logged artifact "${path}"`);
  const batch = Number(run.tags.get("batch") ?? 0);
  if (batch < tags.must || batch > tags.may) problems.push(`tag "batch" is ${batch}, not ${tags.must} to ${tags.may}`);
  const told = run.tags.get(PARENT_TAG);
  if (told !== parent?.id) problems.push(`it says that it is a child of ${told}, not of ${parent?.id}`);
  const recovered = run.status === "FAILED" && run.tags.get(ENDED_BY_TAG) === "recovery";
  const finished = run.status === "FINISHED" && !run.tags.has(ENDED_BY_TAG);
  if (!(ended !== undefined && finished) && !(ended !== true && recovered)) {
    const by = run.tags.get(ENDED_BY_TAG);
    problems.push(
      `it is ${run.status}, ended by ${by}, ${ended === undefined ? "and was open" : "although it was ended"}`,
    );
  }
  return problems;
}

function checkPoints(steps: ReadonlyMap<string, ReadonlyMap<number, boolean>>, run: ServerRun): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { key, step, timestamp, value } of run.points) {
    const point = `${key} ${step}`;
    const known = steps.get(key)?.has(step);
    const same = timestamp === timestampAt(step) && Object.is(value, valueAt(key, step));
    if (!known || !same) problems.push(`nobody logged ${point} = ${value} at ${timestamp}`);
    if (seen.has(point)) problems.push(`${point} is there twice`);
    seen.add(point);
  }
  for (const [key, own] of steps) {
    const lost = [...own].filter(([step, must]) => must && !seen.has(`${key} ${step}`)).map(([step]) => step);
    if (lost.length > 0) problems.push(`${lost.length} points of "${key}" are lost, the first at step ${lost[0]}`);
  }
  return problems;
}

/** Says what the counters of a queue file that is drained have wrong. */
export function checkQueueFile(path: string, found: readonly ServerRun[]): string[] {
  let counts: StorageCounts;
  try {
    counts = readQueueFile(path).counts;
  } catch (error) {
    return [String(error)];
  }
  const { waiting, quarantined, dropped, delivered, bytes, blobBytes } = counts;
  const problems: string[] = [];
  const left = { waiting, quarantined, dropped };
  for (const [name, { points, requests }] of Object.entries(left)) {
    if (points + requests > 0) problems.push(`${points} points and ${requests} requests are ${name}`);
  }
  if (bytes !== 0 || blobBytes !== 0) problems.push(`${bytes} bytes and ${blobBytes} of artifacts are counted`);
  const rows = found.reduce((sum, run) => sum + run.points.length, 0);
  if (delivered.points !== rows) problems.push(`${delivered.points} points count as delivered, ${rows} are there`);
  return problems;
}
