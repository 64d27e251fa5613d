import type { RunData } from "../../client/types/entities.ts";
import { ORPHAN_TAG, ORPHAN_OF_TAG, PARENT_TAG, ROOT_TAG, type RunCreator, type SendOptions } from "./create-run.ts";
import type { DeliveryClient } from "./delivery-client.ts";
import { unlessMissing } from "./missing.ts";
import type { RunMapping } from "../run-mapping.ts";

// A run whose parent cannot be created, or lives in another queue, is not held back: it is created without, and says
// which run its parent is by our id. When that one is on the server after all, the tags of MLflow follow. Whoever creates
// a run looks for the other one after that, so that of two queues at least one sees it.

/** Tells a run that was created without its parent which run that is by now, if it is there. */
export async function findParent(
  client: DeliveryClient,
  creator: RunCreator,
  { runId, experimentId, orphanOf = "" }: RunMapping,
  options: SendOptions,
): Promise<void> {
  const [parent] = await creator.find(orphanOf, [experimentId], options);
  if (parent) await adopt(client, await client.runs.get(runId, options), parent, options);
}

/** Tells runs that were created before their parent, in the experiments named, that this is the one. */
export async function findOrphans(
  client: DeliveryClient,
  { runId, localId }: RunMapping,
  experimentIds: readonly string[],
  options: SendOptions,
): Promise<void> {
  const orphans = await tagged(client, ORPHAN_OF_TAG, localId, experimentIds, options);
  if (orphans.length === 0) return;
  const parent = await client.runs.get(runId, options);
  for (const orphan of orphans) await adopt(client, orphan, parent, options);
}

/** Our ids of parents that runs in these experiments still wait for. */
export async function missingParents(
  client: DeliveryClient,
  experimentIds: readonly string[],
  options: SendOptions,
): Promise<ReadonlySet<string | undefined>> {
  const orphans = await tagged(client, ORPHAN_TAG, "true", experimentIds, options);
  return new Set(orphans.map(({ data }) => data.tags[ORPHAN_OF_TAG]));
}

/** The mark goes last: until then it is done again, as far as it is not done yet. */
async function adopt(client: DeliveryClient, orphan: RunData, parent: RunData, options: SendOptions): Promise<void> {
  const { runs } = client;
  const { runId, experimentId } = orphan.info;
  if (orphan.data.tags[ORPHAN_TAG] === undefined) return;
  const root = parent.data.tags[ROOT_TAG] ?? parent.info.runId;
  const tell = async ({ info, data }: RunData, key: string, value: string): Promise<void> => {
    if (data.tags[key] !== value) await runs.setTag(info.runId, key, value, options);
  };
  await tell(orphan, PARENT_TAG, parent.info.runId);
  await tell(orphan, ROOT_TAG, root);
  // Its own children took it for the root.
  for (const run of await tagged(client, ROOT_TAG, runId, [experimentId], options)) await tell(run, ROOT_TAG, root);
  await runs.deleteTag(runId, ORPHAN_TAG, options).catch(unlessMissing);
}

/** Runs that are not deleted, by a tag. */
async function tagged(
  client: DeliveryClient,
  key: string,
  value: string,
  experimentIds: readonly string[],
  options: SendOptions,
): Promise<RunData[]> {
  const found: RunData[] = [];
  const filter = `tags.\`${key}\` = '${value}'`;
  for await (const run of client.runs.search({ experimentIds, filter, view: "all" }, options)) {
    if (run.info.lifecycleStage !== "deleted" && run.data.tags[key] === value) found.push(run);
  }
  return found;
}
