/**
 * The keys of one claim on its run. Params are write-once on every MLflow database, so of several who write one the
 * server lets one win; the beat is a tag, as it changes.
 */
export interface ClaimKeys {
  /** Param: who has generation n. */
  claim(generation: number): string;
  /** Tag: sign of life of generation n. */
  beat(generation: number): string;
  /** Param: generation n was given back. */
  release(generation: number): string;
  /** Param: the run that generation n wrote to. */
  attempt(generation: number): string;
  /** Param: the generation whose attempt counts. */
  readonly commit: string;
}

/** `id` tells several claims on one run apart; a claim on a run itself has none. */
export function claimKeys(id?: string): ClaimKeys {
  const part = id === undefined ? "" : `${id}.`;
  const key = (kind: string, generation: number): string => `mlflow.tracklet.${kind}.${part}${generation}`;
  return {
    claim: (generation) => key("claim", generation),
    beat: (generation) => key("beat", generation),
    release: (generation) => key("release", generation),
    attempt: (generation) => key("attempt", generation),
    commit: id === undefined ? "mlflow.tracklet.commit" : `mlflow.tracklet.commit.${id}`,
  };
}
