import type { CallOptions } from "../../client/types/connection.ts";
import type { MetricPoint, RunData, RunInfo } from "../../client/types/entities.ts";
import { HttpError } from "../../errors/network-errors.ts";
import { encodeMetrics, encodeRequest } from "../chunk/chunk-codec.ts";
import { type MetricColumns, pickRows } from "../chunk/columns.ts";
import { experimentDeleted, RUN_ID_TAG } from "./create-run.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import { isMissing } from "./missing.ts";
import { ParkError } from "./outcome.ts";
import type { Rows } from "../chunk/request.ts";
import type { Content } from "../chunk/content.ts";
import type { ChildDraft } from "../chunk/stored-chunk.ts";
import type { RunMapping } from "../run-mapping.ts";

// What is needed only after the server refused something.

/** Waits until a server with replicas has surely heard of earlier writes. */
export type Settle = () => Promise<void>;

/**
 * Gives what the server knows of a run that can be written, so that what was refused is the chunk.
 *
 * @throws ParkError when the run is deleted, lost, or another one by now, or its experiment is deleted.
 */
export async function checkRun(
  client: DeliveryClient,
  mapping: RunMapping,
  settle: Settle,
  options: CallOptions,
): Promise<RunInfo> {
  const { localId, adopted, model } = mapping;
  const runId = model?.runId ?? mapping.runId;
  if (model && model.folder === undefined) {
    await (await import("../models/late-models.ts")).checkModel(client, mapping, settle, options);
    // By its run go its points.
  }
  const get = (): Promise<RunData> => client.runs.get(runId, options);
  // Not found is weak evidence: a replica may not have heard of the run yet.
  const { info, data } = await get()
    .catch((error: unknown) => {
      if (isMissing(error)) return settle().then(get);
      throw error;
    })
    .catch(lost(`the server has no run ${runId} any more`));
  if (info.lifecycleStage === "deleted") {
    throw new ParkError(`run ${runId} is deleted: restore it with createClient(tracker).runs.restore("${runId}")`);
  }
  const ours = adopted || (model && model.folder === undefined) || data.tags[RUN_ID_TAG] === (model?.run ?? localId);
  if (!ours) {
    throw new ParkError(`run ${runId} on the server is another one: was the server restored or replaced?`);
  }
  await checkExperiment(client, info.experimentId, options);
  return info;
}

/** Resolves when an experiment takes runs; throws ParkError when not. */
export async function checkExperiment(client: DeliveryClient, id: string, options: CallOptions): Promise<void> {
  const found = await client.experiments.get(id, options).catch(lost(`the server has no experiment ${id}`));
  if (found.lifecycleStage === "deleted") throw new ParkError(experimentDeleted(found));
}

/** Says that something is gone, where an error says so. */
export function lost(reason: string): (error: unknown) => never {
  return (error) => {
    throw isMissing(error) ? new ParkError(reason) : error;
  };
}

/** True for MLflow's own word that a run, or its experiment, is deleted: then it is not the chunk that it refuses. */
export function isInactive(error: unknown): boolean {
  return error instanceof HttpError && error.serverMessage.includes("must be in the 'active' state");
}

/**
 * Parts points into those that the server has and those that it has not. MLflow before 2026 refuses a repeated batch
 * with NaN, or with many keys, and loses its new points: then what it has is read back, and only the rest is sent.
 */
export async function readBack(
  client: DeliveryClient,
  mapping: RunMapping,
  columns: MetricColumns,
  options: CallOptions,
): Promise<Parted> {
  const { model } = mapping;
  const runId = model?.runId ?? mapping.runId;
  if (model && model.folder === undefined) {
    return (await import("../models/late-models.ts")).readBackModel(client, mapping, columns, options);
  }
  const points: MetricPoint[] = [];
  for (const key of columns.keys) {
    for await (const point of client.metrics.history({ runId, key }, options)) points.push(point);
  }
  return partBy(points, columns);
}

/** Points that a server has, and those that it has not. */
export interface Parted {
  readonly present: MetricColumns;
  readonly missing: MetricColumns;
}

/** Parts points by those that were found. */
export function partBy(points: readonly MetricPoint[], columns: MetricColumns): Parted {
  const found = new Set<string>();
  for (const { key, step, timestamp, value } of points) {
    found.add(JSON.stringify([key, step, timestamp, String(stored(value))]));
  }
  const isThere = (row: number): boolean => {
    const key = columns.keys[columns.key[row]!];
    return found.has(
      JSON.stringify([key, columns.step[row], columns.timestamp[row], String(stored(columns.value[row]!))]),
    );
  };
  return { present: pickRows(columns, isThere), missing: pickRows(columns, (row) => !isThere(row)) };
}

/** A value as MLflow gives it back. */
function stored(value: number): number {
  if (Number.isNaN(value)) return value;
  return Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE) + 0;
}

/** The draft of a chunk with other points. */
export function metricsDraft(columns: MetricColumns): ChildDraft {
  return { kind: "metrics", count: columns.count, body: encodeMetrics(columns) };
}

/** True for what `divide` makes parts of. */
export function isDivisible(content: Content): boolean {
  switch (content.kind) {
    case "metrics":
      return content.columns.count > 1;
    case "params":
    case "tags":
    case "inputs":
      return content.request.length > 1;
    case "create":
      return Object.keys(content.request.tags).length > 0;
    default:
      return false;
  }
}

/** The parts into which a chunk that is refused is divided; undefined when it is a single item. */
export function divide(content: Content): readonly ChildDraft[] | undefined {
  switch (content.kind) {
    case "metrics": {
      const { columns } = content;
      const half = columns.count >> 1;
      if (half === 0) return undefined;
      return [pickRows(columns, (row) => row < half), pickRows(columns, (row) => row >= half)].map(metricsDraft);
    }
    case "params":
    case "tags":
      return halves(content.request)?.map((rows) => rowsDraft(content.kind, rows));
    case "inputs":
      return halves(content.request)?.map((inputs, n) => {
        return { kind: "inputs", count: n === 0 ? 1 : 0, body: encodeRequest(inputs) };
      });
    case "create": {
      // One bad tag must not cost the run: it is created without, and the tags follow as a chunk that can be divided.
      const tags = Object.entries(content.request.tags);
      if (tags.length === 0) return undefined;
      const create = encodeRequest({ ...content.request, tags: {} });
      return [
        { kind: "create", count: 1, body: create },
        rowsDraft(
          "tags",
          tags.map(([key, value]) => [key, value, 0] as const),
        ),
      ];
    }
    default:
      return undefined;
  }
}

/** The draft of a chunk with other params or tags. */
export function rowsDraft(kind: "params" | "tags", rows: Rows): ChildDraft {
  return { kind, count: rows.reduce((sum, [, , calls]) => sum + calls, 0), body: encodeRequest(rows) };
}

function halves<T>(items: readonly T[]): readonly (readonly T[])[] | undefined {
  const half = items.length >> 1;
  return half === 0 ? undefined : [items.slice(0, half), items.slice(half)];
}
