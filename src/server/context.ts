import type { Clock } from "../runtime/ports/clock.ts";
import type { Random } from "../runtime/ports/random.ts";
import type { SqlDatabase } from "../sql/database.ts";
import type { ArtifactStore } from "./artifacts/artifact-store.ts";
import type { ArtifactRoot } from "./artifact-root.ts";
import type { Compat } from "./compat.ts";

/** All that a handler may use. */
export interface ServerContext {
  readonly db: SqlDatabase;
  readonly artifacts: ArtifactStore;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  readonly compat: Compat;
  /** Where artifacts of experiments lie, as the database names it and as clients are told. */
  readonly artifactRoot: ArtifactRoot;
}
