import type { ModelVersion, RegisteredModel } from "../types/registry.ts";
import type { ModelVersionWire, RegisteredModelWire } from "../wire/registry.ts";
import { fromPairs } from "./pairs.ts";

/** A registered model as the API's users see it. */
export function toRegisteredModel(wire: RegisteredModelWire): RegisteredModel {
  return {
    name: wire.name,
    creationTime: wire.creation_timestamp,
    lastUpdateTime: wire.last_updated_timestamp,
    description: wire.description || undefined,
    tags: fromPairs(wire.tags),
    aliases: Object.fromEntries(wire.aliases.map(({ alias, version }) => [alias, version])),
    latestVersions: wire.latest_versions.map(toModelVersion),
  };
}

/** A version of a registered model as the API's users see it: an empty text says that there is none. */
export function toModelVersion(wire: ModelVersionWire): ModelVersion {
  return {
    name: wire.name,
    version: wire.version,
    creationTime: wire.creation_timestamp,
    lastUpdateTime: wire.last_updated_timestamp,
    description: wire.description || undefined,
    stage: wire.current_stage,
    source: wire.source,
    runId: wire.run_id || undefined,
    runLink: wire.run_link || undefined,
    user: wire.user_id || undefined,
    status: wire.status,
    statusMessage: wire.status_message || undefined,
    tags: fromPairs(wire.tags),
    aliases: wire.aliases,
  };
}
