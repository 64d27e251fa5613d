import { isEnd } from "../chunk/request.ts";
import type { Drain } from "./drain.ts";
import { ENDED_BY_TAG, RECOVERY } from "../lead/ended-by.ts";
import type { Queue } from "../queue.ts";
import type { DesiredRun } from "../run-mapping.ts";
import type { QueueStore } from "../storage.ts";

/** Milliseconds between two tries to show that the page lives, how many there are, and how long it waits after these. */
const SHOW_RETRY = 100;
const SHOW_TRIES = 600;
const LATER = 10_000;
/** Milliseconds until a storage that failed is tried again. */
const STORAGE_RETRY = 1_000;
const UNSEEN = "rise";

/**
 * Goes on after the page was hidden or frozen. Others may have taken it for dead meanwhile, and have ended its runs: they
 * go on, too.
 */
export async function rise(
  { engine, store, parts }: Drain,
  queue: Pick<Queue, "deleteTag" | "updateRun">,
): Promise<void> {
  const goesOn = engine?.rise();
  if (!engine || !goesOn || !store) return;
  const { problems, runtime } = parts;
  const { doubted } = engine.openings;
  for (let tries = 1; goesOn(); tries++) {
    let pause = tries < SHOW_TRIES ? SHOW_RETRY : LATER;
    // Another page may hold its lock for the moment in which it looks whether this one lives, or ends its runs.
    const shown = await engine.presence.show();
    try {
      // Where nobody lets it show that it lives, its runs may be ended again, and are looked at again.
      if (shown || tries >= SHOW_TRIES) {
        await takeUp(parts.ledger, doubted, store, queue, goesOn);
        problems.solve("storage", undefined, UNSEEN);
        if (!goesOn()) return;
        if (shown) {
          doubted.clear();
          return;
        }
      }
    } catch (cause) {
      const message = `Cannot read which runs were ended while the page was away: it is tried again. ${(cause as Error).message}`;
      problems.report({ kind: "storage", key: UNSEEN, message, cause });
      pause = STORAGE_RETRY;
    }
    await new Promise<void>((resolve) => runtime.clock.after(pause, resolve));
  }
}

/** What the storage knows decides: a person or another page may have resumed or ended a run since it was ended for this one. */
async function takeUp(
  ledger: Drain["parts"]["ledger"],
  runs: Iterable<string>,
  store: QueueStore,
  queue: Pick<Queue, "deleteTag" | "updateRun">,
  goesOn: () => boolean,
): Promise<void> {
  const states: (readonly [string, DesiredRun])[] = [];
  for (const run of runs) states.push([run, (await store.desired(run)) ?? {}]);
  // A page that is stopped again looks again when it comes back.
  if (!goesOn()) return;
  for (const [run, state] of states) {
    const ended = ledger.find(run)?.ended;
    if (ended === undefined || state.tags?.[ENDED_BY_TAG] !== RECOVERY) continue;
    const failed = state.status === "FAILED";
    // Another page has ended it.
    if (!ended && isEnd(state) && !failed) continue;
    queue.deleteTag(run, ENDED_BY_TAG);
    if (!ended && failed) queue.updateRun(run, { status: "RUNNING" });
  }
}
