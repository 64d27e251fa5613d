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
export type { MlflowRelease } from "./act-as.ts";
export type { Fault, FaultEffect, FaultHandle, Faults, FaultTarget } from "./fault.ts";
export { createMlflowMock, type MlflowMock, type MlflowMockOptions, type MockRequest } from "./mlflow-mock.ts";
export type { SeededExperiment, SeededRun, SeedExperiment, SeedPoint, SeedRun } from "./seed.ts";
