import type { RunData } from "../../client/types/entities.ts";
import type { Settle } from "./after-refusal.ts";
import { DUPLICATE_TAG, type RunCreator, type SendOptions } from "./create-run.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import type { Repair } from "./mender.ts";
import { lookTwice } from "./missing.ts";
import { classify, passes } from "./outcome.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import { messageOf } from "./words-of-errors.ts";

/** What looking for the twins of a run needs. */
export interface TwinParts {
  readonly client: DeliveryClient;
  readonly creator: RunCreator;
  readonly settle: Settle;
  readonly options: SendOptions;
  readonly report: (message: string) => void;
  /** It was looked at for so long that what cannot be read now counts as data. */
  readonly isLong: boolean;
}

/** An empty twin is deleted; one that holds anything which its creation did not bring is tagged and left. */
export async function runTwins(
  { client, creator, settle, options, report, isLong }: TwinParts,
  { runId, localId, experimentId }: RunMapping,
  desired: DesiredRun,
): Promise<readonly Repair[]> {
  const repairs: Repair[] = [];
  const ids = [...new Set([experimentId, ...(desired.createdIn ?? [])])];
  const found = await creator.find(localId, ids, options);
  const own = found.find(({ info }) => info.runId === runId);
  for (const { info } of found) {
    if (info.runId === runId || info.lifecycleStage === "deleted") continue;
    const twin = await lookTwice(() => client.runs.get(info.runId, options), settle);
    // Somebody else may have deleted it meanwhile.
    if (!twin || twin.info.lifecycleStage === "deleted") continue;
    const tag = (): Promise<void> => client.runs.setTag(info.runId, DUPLICATE_TAG, runId, options);
    if (!isChanged(twin, own, desired) && !(await hasFiles(client, info.runId, isLong, options))) {
      repairs.push({
        send: async () => {
          // Who looks later can tell it from a run that the user deleted.
          await tag().catch((error: unknown) => {
            if (passes(error)) throw error;
          });
          await client.runs.delete(info.runId, options);
        },
      });
    } else if (!(DUPLICATE_TAG in twin.data.tags)) {
      repairs.push({
        send: async () => {
          await tag();
          report(`Run ${info.runId} is a second one for run ${runId} and holds data: it was tagged "${DUPLICATE_TAG}"`);
        },
      });
    }
  }
  return repairs;
}

/** Something was logged to it, or it got a tag that neither its creation nor the run it is a twin of explains. */
function isChanged(twin: RunData, own: RunData | undefined, { tags = {} }: DesiredRun): boolean {
  const { data, inputs, outputs } = twin;
  const logged = [data.latestMetrics, Object.keys(data.params), inputs.datasets, inputs.models, outputs.models];
  if (logged.some(({ length }) => length > 0)) return true;
  return Object.entries(data.tags).some(([key, value]) => {
    // MLflow's own follow the name, the parent and the machine; a person writes only the description.
    if (key.startsWith("mlflow.") && key !== "mlflow.note.content") return false;
    // What was set or deleted since the creation differs from what the twin was created with.
    return own?.data.tags[key] !== value && !(key in tags);
  });
}

async function hasFiles(
  { artifacts }: DeliveryClient,
  runId: string,
  isLong: boolean,
  options: SendOptions,
): Promise<boolean> {
  try {
    return (await artifacts.list(runId, "", options)).length > 0;
  } catch (error) {
    // Who cannot list them cannot say that there are none.
    if (!passes(error) || isLong) return true;
    const outcome = classify(error, "update", 0);
    if (outcome.action === "retry" && outcome.host) throw error;
    // A store of files may be closed by itself, which says nothing of the host.
    throw new Error(messageOf(error), { cause: error });
  }
}
