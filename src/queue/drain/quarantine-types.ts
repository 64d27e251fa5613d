/** Something that was set aside: it is kept, and nothing waits for it. */
export interface QuarantinedItem {
  /** Names it for `retry`, `discard` and `body`, in any process that has the same queue open. */
  readonly id: string;
  /** Our id of the run. */
  readonly run: string;
  /** MLflow's id of the run, once it is created there. */
  readonly runId: string | undefined;
  /**
   * What it holds: `metrics` (points), `params`, `tags`, `untag` (a deletion of a tag), `update` (name or status),
   * `inputs`, `artifact`, `create` (the run itself); or, of what was refused at the call, what that was for.
   */
  readonly kind: string;
  /** Keys of metrics, params and tags, names of inputs, paths of artifacts; none when its bytes are damaged. */
  readonly keys: readonly string[];
  /** Calls that it stands for. */
  readonly count: number;
  /** Why, in the words of the server where it said something; for what was refused at the call, with the value. */
  readonly reason: string;
  /** When it was logged, in milliseconds since 1970. */
  readonly at: number;
  /** It was refused at the call: it was never sent, and cannot be. It is known to this tracker only. */
  readonly atCall: boolean;
}

/** Which one, when not all. */
export type QuarantineTarget = string | Pick<QuarantinedItem, "id">;
