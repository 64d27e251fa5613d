import type { CallOptions } from "../client/types/connection.ts";
import { NetworkError, NotFoundError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Core } from "./core.ts";
import { textOf } from "./entries.ts";
import { quote } from "./key.ts";
import { isServerId } from "./run-id.ts";

/** MLflow's id for either id: known here, or found by the tag that every run of ours has. */
export async function serverRunId(core: Core, id: string, options: CallOptions): Promise<string> {
  if (typeof id !== "string" || id === "") {
    throw new ValidationError(`Cannot find a run as its id must be a text: current value is ${textOf(id)}`);
  }
  const known = await core.queue.findRunId(id);
  if (known !== undefined) return known;
  if (core.queue.localIdOf(id) !== undefined) throw notCreated(core, id);
  if (!isServerId(id)) return findByLocalId(core, id, options);
  // It becomes a part of filters, where a quote would end the text.
  if (/^[\w-]{1,256}$/.test(id)) return id;
  throw new ValidationError(
    `Cannot find a run as its id must have letters, digits, "_" and "-" only: current value is ${quote(id)}`,
  );
}

async function findByLocalId(core: Core, id: string, options: CallOptions): Promise<string> {
  const { experiments, runs } = await core.client();
  const all = await experiments.search({ view: "all" }, options).all();
  const experimentIds = all.map((experiment) => experiment.experimentId);
  const filter = `tags."mlflow.tracklet.runId" = '${id}'`;
  const page = await runs.search({ experimentIds, filter, view: "all", maxResults: 1 }, options);
  const [found] = page.items;
  if (found !== undefined) return found.info.runId;
  // Of an earlier process: it may wait in the queue.
  const waiting = await core.queue.waiting().catch(() => undefined);
  if ((await waiting?.find(id, options.signal)) !== undefined) throw notCreated(core, id);
  throw new NotFoundError(`Cannot find the run "${id}" as no run of this server has that id`, {
    status: 404,
    errorCode: "RESOURCE_DOES_NOT_EXIST",
    serverMessage: "",
    request: { method: "POST", url: `${core.connection.trackingUri}/api/2.0/mlflow/runs/search` },
  });
}

function notCreated(core: Core, id: string): NetworkError {
  const message = `Cannot read the run "${id}" as the server has not created it yet: see tracker.queue.status()`;
  return new NetworkError(message, {
    method: "POST",
    url: `${core.connection.trackingUri}/api/2.0/mlflow/runs/create`,
  });
}
