import type { Place } from "./destination.ts";
import type { RunChange } from "./types.ts";

/** Which run of the server a run of ours is. */
export interface RunMapping {
  /** Our id. */
  readonly localId: string;
  /** MLflow's id. */
  readonly runId: string;
  /** MLflow's id of its experiment. */
  readonly experimentId: string;
  /** Root of its artifacts, as MLflow told it at the creation. */
  readonly artifactUri?: string;
  /** As it was named at the creation, for people. */
  readonly name?: string;
  /** MLflow's id of the topmost ancestor. */
  readonly rootId?: string;
  /** Our id of its parent, which was not there when it was created. */
  readonly orphanOf?: string;
  /** It is a logged model, and `runId` its id, which holds a slash where it is a folder of its run. */
  readonly model?: ModelMapping;
  /** The run was made by somebody else: it need not have our tag. */
  readonly adopted?: boolean;
  /** The server that has the run, where the queue says which one it is for. */
  readonly at?: Place;
}

/** What is known of a logged model beside its id. */
export interface ModelMapping {
  /** Our id of the run that made it. */
  readonly run: string;
  /** MLflow's id of that run. */
  readonly runId: string;
  /** Folder in the artifacts of the run, on a server that has no logged models. */
  readonly folder?: string;
}

/** The state that a run shall have in the end; the last write of each field wins. */
export interface DesiredRun extends RunChange {
  /** Values of tags; null for deleted ones. */
  readonly tags?: Readonly<Record<string, string | null>>;
  /**
   * Values that nobody writes any more, as they were dropped or set aside: as long as the state has one of them, it is as
   * if that field was never set.
   */
  readonly undone?: DesiredRun;
  /** Experiments with runs that were created before this one, which is their parent. */
  readonly orphansIn?: readonly string[];
  /** Experiments, given by name, in which its creation was tried: that name may be another one's by now. */
  readonly createdIn?: readonly string[];
}
