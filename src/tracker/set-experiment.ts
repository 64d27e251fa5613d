import type { Experiment } from "../client/types/entities.ts";
import type { CallOptions } from "../client/types/connection.ts";
import { AlreadyExistsError } from "../errors/network-errors.ts";
import { ConfigurationError } from "../errors/usage-errors.ts";
import type { Core } from "./core.ts";
import { deletedError } from "./deleted-error.ts";
import { limited } from "./limited.ts";
import { experimentName } from "./experiment-name.ts";
import { shown } from "./shown.ts";
import type { CurrentExperiment } from "./types/tracker.ts";

/** What a new experiment gets. */
export interface NewExperimentOptions extends CallOptions {
  readonly artifactLocation?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Makes an experiment the current one; one named is created if missing, also when others do so at the same time. */
export async function setExperiment(
  core: Core,
  which: string | { readonly id: string },
  options: NewExperimentOptions = {},
): Promise<CurrentExperiment> {
  const id = typeof which === "object" && which !== null ? which.id : undefined;
  if (id !== undefined && (typeof id !== "string" || !/^\d{1,19}$/.test(id))) {
    throw new ConfigurationError(
      `Cannot set the experiment as its id must be a text of digits such as "1": current value is ${JSON.stringify(id)}`,
    );
  }
  const name = id === undefined ? experimentName(which as string) : "";
  return limited(core, "setExperiment", options, "artifactLocation tags", async (limits) => {
    const { experiment, created } =
      id === undefined
        ? await getOrCreate(core, name, options, limits)
        : { experiment: await (await core.client()).experiments.get(id, limits), created: false };
    if (experiment.lifecycleStage === "deleted") {
      throw deletedError(core, "use", "experiment", { id: experiment.experimentId, name: experiment.name });
    }
    core.experiment = id === undefined ? { name } : { id };
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
