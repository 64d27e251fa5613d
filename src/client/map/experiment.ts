import type { Experiment } from "../types/entities.ts";
import type { ExperimentWire } from "../wire/types.ts";
import { fromPairs } from "./pairs.ts";

/** An experiment as the API's users see it. */
export function toExperiment(wire: ExperimentWire): Experiment {
  return {
    experimentId: wire.experiment_id,
    name: wire.name,
    artifactLocation: wire.artifact_location,
    lifecycleStage: wire.lifecycle_stage,
    creationTime: wire.creation_time,
    lastUpdateTime: wire.last_update_time,
    tags: fromPairs(wire.tags),
  };
}
