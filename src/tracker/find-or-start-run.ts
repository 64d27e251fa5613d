import type { CallOptions } from "../client/types/connection.ts";
import type { RunData } from "../client/types/entities.ts";
import { isTrackletError } from "../errors/tracklet-error.ts";
import { NetworkError } from "../errors/network-errors.ts";
import { ValidationError } from "../errors/usage-errors.ts";
import type { Core } from "./core.ts";
import { exclusive } from "./exclusive.ts";
import { limited } from "./limited.ts";
import { everythingDelivered } from "./reads.ts";
import { activeOf, REPLACES_TAG, replaceAtEnd, replacedBy } from "./replaced-runs.ts";
import { continueRun } from "./resume-run.ts";
import type { RunHandle } from "./run.ts";
import { checkName, idOf, type RunName, runsNamed } from "./run-named.ts";
import { Turns } from "./turns.ts";
import { restOf } from "./with-rest.ts";
import type { FindOrStartRunOptions } from "./types/tracker.ts";

/** Milliseconds for which others who look for a name wait until the run that was started for it is on the server. */
const CREATED_WITHIN = 10_000;

/** Those of a run that it may start, and its own. */
const names = "name experiment parent tags params description startTime systemMetrics ifExists ifUnreachable";

const turns = new WeakMap<Core, Turns<RunHandle>>();

/** Finds an active run by name, in its experiment and below its parent, or starts it. */
export function findOrStartRun(core: Core, options: FindOrStartRunOptions): Promise<RunHandle> {
  return limited(core, "findOrStartRun", options, names, async (limits) => {
    check(options?.name, options?.ifExists);
    const mine = turns.get(core) ?? new Turns();
    turns.set(core, mine);
    const parent = idOf(options.parent);
    const about = [options.name, core.experimentOf(options), parent && (core.queue.localIdOf(parent) ?? parent)];
    // Two that look at the same time would both find nothing, and start two runs.
    return mine.take(JSON.stringify(about), (before) => {
      limits.signal?.throwIfAborted();
      // Without an answer of the server, only this tracker knows the run that was started just now.
      const reused = (options.ifExists ?? "reuse") === "reuse" && before?.ended === undefined ? before : undefined;
      return reused === undefined ? withOthersOut(core, options, limits) : goOn(reused, options);
    });
  });
}

/** Others wait until what is started here can be found. */
async function withOthersOut(core: Core, options: FindOrStartRunOptions, limits: CallOptions): Promise<RunHandle> {
  const release = await exclusive(core, options.name, limits);
  let created: Promise<unknown> | undefined;
  try {
    const run = await findOrStart(core, options, limits);
    if (core.queue.knownRunId(run.localId) === undefined) {
      created = core.queue.runId(run.localId, { timeout: CREATED_WITHIN });
    }
    return run;
  } finally {
    if (created === undefined) release();
    else created.then(release, release);
  }
}

async function findOrStart(core: Core, options: FindOrStartRunOptions, limits: CallOptions): Promise<RunHandle> {
  const { timeout, ifExists = "reuse", ifUnreachable, ...start } = options;
  let found: RunData | undefined;
  let { name } = start;
  let replaced: string[] = [];
  try {
    // What a process that died has left in the queue file may be the very run.
    await everythingDelivered(core, limits);
    found = await first(core, start, limits);
    if (found !== undefined && ifExists === "date-suffix") name = await datedName(core, start, limits);
    // Of a replacement that was not finished, what it should have replaced goes as well.
    if (found !== undefined && ifExists === "replace") {
      replaced = [found.info.runId, ...(await activeOf(core, replacedBy(found.data.tags), limits))];
    }
  } catch (error) {
    if (ifUnreachable !== "start" || !(error instanceof NetworkError || isServerError(error))) throw error;
  }
  if (found === undefined || ifExists === "date-suffix") return core.startRun({ ...start, name });
  if (ifExists === "reuse") return goOn(continueRun(core, found, await restOf(core, found, limits)), options);
  const run = core.startRun({ ...start, tags: { ...start.tags, [REPLACES_TAG]: replaced.join(",") } });
  replaceAtEnd(core, run, replaced);
  return run;
}

async function first(core: Core, named: RunName, limits: CallOptions): Promise<RunData | undefined> {
  for await (const run of runsNamed(core, named, limits)) return run;
  return undefined;
}

/** The name with date and time, and a number where somebody was as fast in this second. */
async function datedName(core: Core, named: RunName, limits: CallOptions): Promise<string> {
  const now = new Date(core.runtime.clock.now()).toISOString();
  const dated = `${named.name}-${now.replace(/[-:]/g, "").replace("T", "-").slice(0, 15)}`;
  for (let number = 1; ; number++) {
    const name = number === 1 ? dated : `${dated}-${number}`;
    if ((await first(core, { ...named, name }, limits)) === undefined) return name;
  }
}

async function goOn(run: RunHandle, { params, tags }: FindOrStartRunOptions): Promise<RunHandle> {
  if (params !== undefined) run.logParams(params);
  if (tags !== undefined) run.setTags(tags);
  return run;
}

function isServerError(error: unknown): boolean {
  return isTrackletError(error) && "status" in error && Number(error.status) >= 500;
}

function check(name: unknown, ifExists: unknown = "reuse"): void {
  checkName("find a run", name);
  if (ifExists !== "reuse" && ifExists !== "replace" && ifExists !== "date-suffix") {
    throw new ValidationError(
      `Cannot find a run as ifExists must be "reuse", "replace" or "date-suffix": current value is "${String(ifExists)}"`,
    );
  }
}
