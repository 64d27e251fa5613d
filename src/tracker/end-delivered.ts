import { TimeoutError } from "../errors/network-errors.ts";
import { TrackletError } from "../errors/tracklet-error.ts";
import { total } from "../queue/amount.ts";
import { type Core, handedOver } from "./core.ts";
import { quote } from "./key.ts";
import { limited } from "./limited.ts";
import { modelsOfRun } from "./log-model.ts";
import type { EndOptions } from "./types/run.ts";

interface EndedRun {
  readonly localId: string;
  readonly name: string;
}

/**
 * Waits until a run whose end was logged `since` then is whole on the server.
 *
 * @throws TimeoutError when it is not in time, or nothing moves before a person acts: it says what waits, why, and the cure
 * @throws TrackletError when the server refuses for good that the run ends
 */
export async function endDelivered(core: Core, run: EndedRun, options: EndOptions, since: number): Promise<void> {
  let flushed = false;
  try {
    await limited(core, "end the run", options, "until", async (limits) => {
      await handedOver(core, limits);
      // By hand, all is sent at a flush alone; else what waits of others is nothing to this one.
      if (core.options.delivery?.mode === "manual") await core.queue.flush(limits);
      else await core.queue.settle({ runs: idsOf(core, run), timeout: Number.POSITIVE_INFINITY, ...limits });
      flushed = true;
      if (needsSomebody(core)) await mustNotWait(core, run, "");
      await mustBeTaken(core, run, since);
    });
  } catch (error) {
    if (!flushed && error instanceof TimeoutError) await mustNotWait(core, run, ` within ${options.timeout} ms`);
    throw error;
  }
}

/** @throws TimeoutError when something of the run waits */
async function mustNotWait(core: Core, run: EndedRun, within: string): Promise<void> {
  const runs = idsOf(core, run);
  const left = await core.queue.settle({ runs, timeout: 0 });
  if (left === 0) return;
  const what = `${left} ${left === 1 ? "point or request of it waits" : "points and requests of it wait"}`;
  throw new TimeoutError(
    `Cannot end the run ${quote(run.name)} on the server${within} as ${what}: ${why(core, runs)}`,
    {
      method: "end the run",
      url: core.connection.trackingUri,
    },
  );
}

/** Our ids of a run and its models. */
function idsOf(core: Core, { localId }: EndedRun): string[] {
  return [localId, ...modelsOfRun(core, localId)];
}

/** True where nothing moves however long one waits. */
function needsSomebody({ queue, guard }: Core): boolean {
  const { host, parked, problems } = queue.status();
  if (guard.closed || host === "paused" || host === "refused") return true;
  // Of hundreds that are parked the list does not have all.
  return total(parked) > 0 || problems.some(({ kind }) => kind === "storage");
}

/** Why it waits, and what helps. */
function why({ queue, guard }: Core, ids: readonly string[]): string {
  const { host, parked: waits, problems } = queue.status();
  if (guard.closed) return "the tracker is closed; end runs before close()";
  if (host === "paused") return "the queue is paused; queue.resume() sends them";
  const parked = problems.find(({ kind, run }) => kind === "run-parked" && run !== undefined && ids.includes(run));
  const ofAll = ["server-refused", "server-unreachable", "storage"];
  const told = parked ?? problems.find(({ kind, run }) => run === undefined && ofAll.includes(kind));
  if (told !== undefined) return told.message;
  if (host === "refused") return "the server refuses all that is sent; queue.resume() tries again";
  if (total(waits) > 0) return "it waits for a person; queue.resume() tries again, queue.discardRun() drops it";
  return host === "retrying" ? "the server does not answer; it is tried again" : "the server takes its time";
}

/** @throws TrackletError when the server refuses for good the end of a run that was logged `since` then. */
async function mustBeTaken({ queue }: Core, { localId, name }: EndedRun, since: number): Promise<void> {
  for await (const { run, kind, at, reason } of (await queue.quarantine()).list()) {
    if (run !== localId || kind !== "update" || at < since) continue;
    throw new TrackletError(
      `Cannot end the run ${quote(name)} on the server as that refuses it: ${reason.replace(/\.?$/, ".")} It is kept: queue.quarantine.retry() sends it again`,
    );
  }
}
