/** Compiled, never run: the messages that are parsed, their written-out types and the public types agree. */
import type { InferOutput } from "valibot";
import type { toExperiment } from "../../src/client/map/experiment.ts";
import type { toMetricPoint } from "../../src/client/map/metric.ts";
import type { toRunData, toRunInfo } from "../../src/client/map/run.ts";
import type { Experiment, MetricPoint, RunData, RunInfo } from "../../src/client/types/entities.ts";
import type { experimentWire, fileWire, metricWire, runInfoWire, runWire } from "../../src/client/wire/entities.ts";
import type { toModelVersion, toRegisteredModel } from "../../src/client/map/registry.ts";
import type { ModelVersion, RegisteredModel } from "../../src/client/types/registry.ts";
import type {
  ModelVersionWire,
  modelVersionWire,
  RegisteredModelWire,
  registeredModelWire,
} from "../../src/client/wire/registry.ts";
import type { ExperimentWire, FileWire, MetricWire, RunInfoWire, RunWire } from "../../src/client/wire/types.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;

export type Schemas = [
  Expect<Same<InferOutput<typeof experimentWire>, ExperimentWire>>,
  Expect<Same<InferOutput<typeof metricWire>, MetricWire>>,
  Expect<Same<InferOutput<typeof runInfoWire>, RunInfoWire>>,
  Expect<Same<InferOutput<typeof runWire>, RunWire>>,
  Expect<Same<InferOutput<typeof fileWire>, FileWire>>,
  Expect<Same<InferOutput<typeof registeredModelWire>, RegisteredModelWire>>,
  Expect<Same<InferOutput<typeof modelVersionWire>, ModelVersionWire>>,
];

export type Maps = [
  Expect<Same<typeof toExperiment, (wire: ExperimentWire) => Experiment>>,
  Expect<Same<typeof toMetricPoint, (wire: MetricWire) => MetricPoint>>,
  Expect<Same<typeof toRunInfo, (wire: RunInfoWire) => RunInfo>>,
  Expect<Same<typeof toRunData, (wire: RunWire) => RunData>>,
  Expect<Same<typeof toRegisteredModel, (wire: RegisteredModelWire) => RegisteredModel>>,
  Expect<Same<typeof toModelVersion, (wire: ModelVersionWire) => ModelVersion>>,
];
