import { TimeoutError } from "../errors/network-errors.ts";
import { TrackletError } from "../errors/tracklet-error.ts";
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
      await core.queue.flush(limits);
      flushed = true;
      if (needsSomebody(core, run)) await mustNotWait(core, run, "");
      await mustBeTaken(core, run, since);
    });
  } catch (error) {
    if (!flushed && error instanceof TimeoutError) await mustNotWait(core, run, ` within ${options.timeout} ms`);
    throw error;
  }
}

/** @throws TimeoutError when something of the run waits */
async function mustNotWait(core: Core, { localId, name }: EndedRun, within: string): Promise<void> {
  const left = await core.queue.settle({ runs: [localId, ...modelsOfRun(core, localId)], timeout: 0 });
  if (left === 0) return;
  const what = `${left} ${left === 1 ? "point or request of it waits" : "points and requests of it wait"}`;
  throw new TimeoutError(`Cannot end the run ${quote(name)} on the server${within} as ${what}: ${why(core, localId)}`, {
    method: "end the run",
    url: core.connection.trackingUri,
  });
}

/** True where nothing moves however long one waits. */
function needsSomebody({ queue, guard }: Core, { localId }: EndedRun): boolean {
  const { host, problems } = queue.status();
  if (guard.closed || host === "paused" || host === "refused") return true;
  return problems.some(({ kind, run }) => (kind === "run-parked" ? run === localId : kind === "storage"));
}

/** Why it waits, and what helps. */
function why({ queue, guard }: Core, localId: string): string {
  const { host, problems } = queue.status();
  if (guard.closed) return "the tracker is closed; end runs before close()";
  if (host === "paused") return "the queue is paused; queue.resume() sends them";
  const parked = problems.find(({ kind, run }) => kind === "run-parked" && run === localId);
  const ofAll = ["server-refused", "server-unreachable", "storage"];
  const told = parked ?? problems.find(({ kind, run }) => run === undefined && ofAll.includes(kind));
  if (told !== undefined) return told.message;
  if (host === "refused") return "the server refuses all that is sent; queue.resume() tries again";
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
