/**
 * An MLflow server for tests: MSW handlers over the embedded server, with seeding and fault injection.
 *
 * @example
 * ```ts
 * import { createMlflowMock } from "tracklet/mocks";
 *
 * const mock = createMlflowMock();
 * await mock.seed({ name: "digits", runs: [{ metrics: { loss: [1, 0.5] } }] });
 * const reply = await mock.fetch(new Request("http://localhost:5000/version"));
 * ```
 *
 * @module
 */
export type { Clock, Timer } from "../src/runtime/ports/clock.ts";
export type { Fetch } from "../src/runtime/ports/fetch.ts";
export type { Random } from "../src/runtime/ports/random.ts";
export type {
  ArtifactContent,
  ArtifactEntry,
  ArtifactStat,
  ArtifactStore,
  ByteRange,
} from "../src/server/artifacts/artifact-store.ts";
export type { ServerAuth } from "../src/server/check-auth.ts";
export type { SecurityOptions } from "../src/server/security.ts";
export type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from "../src/sql/database.ts";
export type { MlflowRelease } from "./act-as.ts";
export type { Fault, FaultEffect, FaultHandle, Faults, FaultTarget } from "./fault.ts";
export { createMlflowMock, type MlflowMock, type MlflowMockOptions, type MockRequest } from "./mlflow-mock.ts";
export type { SeededExperiment, SeededRun, SeedExperiment, SeedPoint, SeedRun } from "./seed.ts";
