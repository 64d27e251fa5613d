import { NetworkError } from "../../errors/network-errors.ts";
import { type Core, keep } from "../core.ts";
import { textOf } from "../entries.ts";
import { quote } from "../key.ts";
import { everythingDelivered } from "../reads.ts";
import type { RunHandle } from "../run.ts";
import { AlertCourier } from "./alert-courier.ts";
import { OWED_TAG, storedAlerts } from "./alert-tags.ts";
import type { CheckedRule } from "./checked-rule.ts";
import { claimPosts } from "./claim-posts.ts";

/** What each tracker has looked for. */
const looked = new WeakMap<Core, Set<string>>();
/** Runs of one rule that are looked at. */
const MOST = 100;

/**
 * Posts what ended runs of the same experiment owe by a rule of the same name, as their processes died or ended before
 * anybody took it. Only who has the address can do that: it is stored nowhere.
 */
export function deliverOwed(core: Core, run: RunHandle, rule: CheckedRule): void {
  const done = looked.get(core) ?? new Set();
  const what = JSON.stringify([run.experiment, rule.id]);
  if (done.has(what)) return;
  looked.set(core, done.add(what));
  const tell = (cause: unknown): void => {
    const message = `Cannot look for alerts of the rule ${quote(rule.id)} that nobody took: ${textOf(cause)}`;
    core.guard.tell({ kind: "alert", message, run: run.localId, cause }, `owed ${rule.id}`);
  };
  const look = (): void => {
    const work = lookOnce(core, run, rule).catch((cause: unknown) => {
      if (cause instanceof NetworkError && !core.guard.closed) later();
      else if (!core.guard.closed) tell(cause);
    });
    keep(core.afterDelivery, work);
  };
  // In the field it may take days until there is a server.
  const later = (): void => {
    const forget = core.queue.subscribe(({ host }) => {
      if (host !== "ok") return;
      forget();
      look();
    });
  };
  look();
}

async function lookOnce(core: Core, run: RunHandle, rule: CheckedRule): Promise<void> {
  // What a dead process left in the queue file says what it owed.
  await everythingDelivered(core, {});
  const { experiments, runs } = await core.client();
  const { experiment } = run;
  const id = "id" in experiment ? experiment.id : (await experiments.getByName(experiment.name))?.experimentId;
  if (id === undefined) return;
  const filter = `tags.\`${OWED_TAG}${rule.id}\` = 'webhook' AND attributes.status != 'RUNNING'`;
  const found = await runs.search({ experimentIds: [id], filter, maxResults: MOST });
  for (const { info, data } of found.items) {
    const localId = data.tags["mlflow.tracklet.runId"] ?? info.runId;
    if (localId === run.localId || core.open.has(localId) || core.guard.closed) continue;
    const release = await claimPosts(core, localId, rule.id);
    if (release === undefined) continue;
    // Who was at it before may have just done it.
    const now = await runs.get(info.runId);
    if (now.data.tags[OWED_TAG + rule.id] !== "webhook" || now.info.status === "RUNNING") {
      release();
      continue;
    }
    const told = storedAlerts({ run: localId, runName: info.runName }, rule.id, now.data.tags);
    const writes = new Set<Promise<unknown>>();
    const setTag = (key: string, value: string): void => {
      const write = runs.setTag(info.runId, key, value);
      keep(core.afterDelivery, write);
      writes.add(write);
    };
    const owner = { localId, name: info.runName, setTag };
    const courier = new AlertCourier(core, owner, rule, { told, ways: ["webhook"], claim: release });
    await courier.readdress(rule, ["webhook"]);
    await Promise.all(writes);
  }
}
