import type { Experiment } from "../client/types/entities.ts";
import type { CallOptions } from "../client/types/connection.ts";
import { AlreadyExistsError, BadRequestError } from "../errors/network-errors.ts";
import type { Core } from "./core.ts";
import { limited } from "./limited.ts";
import { experimentName } from "./experiment-name.ts";
import { shown } from "./shown.ts";
import type { CurrentExperiment } from "./types/tracker.ts";

/** What a new experiment gets. */
export interface NewExperimentOptions extends CallOptions {
  readonly artifactLocation?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Makes an experiment the current one; creates it if missing, also when others do so at the same time. */
export function setExperiment(
  core: Core,
  name: string,
  options: NewExperimentOptions = {},
): Promise<CurrentExperiment> {
  const checked = experimentName(name);
  return limited(core, "setExperiment", options, async (limits) => {
    const { experiment, created } = await getOrCreate(core, checked, options, limits);
    if (experiment.lifecycleStage === "deleted") throw deleted(core, experiment);
    core.experiment = { name: checked };
    const text = (): string =>
      `Experiment "${experiment.name}" (id ${experiment.experimentId})${created ? ", created" : ""}`;
    return shown({ ...experiment, created }, text);
  });
}

async function getOrCreate(
  core: Core,
  name: string,
  options: NewExperimentOptions,
  limits: CallOptions,
): Promise<{ experiment: Experiment; created: boolean }> {
  const { experiments } = await core.client();
  const found = await experiments.getByName(name, limits);
  if (found !== undefined) return { experiment: found, created: false };
  const { artifactLocation, tags } = options;
  try {
    const id = await experiments.create(
      {
        name,
        ...(artifactLocation === undefined ? {} : { artifactLocation }),
        ...(tags === undefined ? {} : { tags }),
      },
      limits,
    );
    return { experiment: await experiments.get(id, limits), created: true };
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const other = await experiments.getByName(name, limits);
    if (other === undefined) throw error;
    return { experiment: other, created: false };
  }
}

function deleted(core: Core, { name, experimentId }: Experiment): BadRequestError {
  const message = `Cannot use the experiment "${name}" as it is deleted: restore it with createClient(tracker).experiments.restore("${experimentId}"), or use another name`;
  const request = { method: "GET", url: `${core.connection.trackingUri}/api/2.0/mlflow/experiments/get-by-name` };
  return new BadRequestError(message, { status: 400, errorCode: "INVALID_STATE", serverMessage: "", request });
}
