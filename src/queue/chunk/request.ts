import type { DatasetInput, RunInfo } from "../../client/types/entities.ts";
import type { NewModel, NewRun, RunChange } from "../types.ts";

/** Rows of a params or tags chunk: key, value, and how many calls the row stands for. */
export type Rows = readonly (readonly [key: string, value: string, calls: number])[];

/** What the body of a request chunk holds, by kind. */
export interface Requests {
  create: NewRun;
  params: Rows;
  tags: Rows;
  /** Key of the tag to delete. */
  untag: string;
  update: RunChange;
  model: NewModel;
  /** The last request for a model: all its files were handed over, or not. */
  finalize: { readonly failed: boolean };
  inputs: readonly DatasetInput[];
  /** Path below the run's artifact root; the bytes are the chunk's blob. */
  artifact: string;
  /** Nothing that was logged to the run before it is sent any more. */
  discard: true;
}

/** Kinds of chunks: columnar points, or one prepared request of a run. */
export type ChunkKind = "metrics" | keyof Requests;

/** True for a change that ends a run: it waits for all that was logged before. */
export function isEnd(change: Pick<RunInfo, "status"> | RunChange): boolean {
  return change.status !== undefined && change.status !== "RUNNING" && change.status !== "SCHEDULED";
}
