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
import { continueRun, resumeRun } from "./resume-run.ts";
import { aboutOf, foundBy, hereNamed, resumeSentRun } from "./resume-waiting.ts";
import type { RunHandle } from "./run.ts";
import { checkName, type RunName, runsNamed } from "./run-named.ts";
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
    // Two that look at the same time would both find nothing, and start two runs.
    return mine.take(aboutOf(core, options), (before) => {
      limits.signal?.throwIfAborted();
      // In time that the others do not have to wait.
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
    if (run.name === options.name) foundBy(core, options, run);
    if (core.queue.knownRunId(run.localId) === undefined) created = canBeFound(core, run);
    return run;
  } finally {
    if (created === undefined) release();
    else created.then(release, release);
  }
}

/** Resolves when all who share the lock would find a run: in the storage that they share, else on the server. */
async function canBeFound({ queue, locks }: Core, { localId }: RunHandle): Promise<void> {
  const limits = { timeout: CREATED_WITHIN };
  // What waits is put there by being looked for.
  if (locks === undefined && (await (await queue.waiting())?.find(localId)) !== undefined) return;
  await queue.runId(localId, limits);
}

async function findOrStart(core: Core, options: FindOrStartRunOptions, limits: CallOptions): Promise<RunHandle> {
  const { timeout, ifExists = "reuse", ifUnreachable, ...start } = options;
  const mayStart = ifUnreachable === "start";
  // Before the server is asked: what is on its way there is found here or there.
  let here = await hereNamed(core, start, limits);
  const isSent = here !== undefined && (await core.queue.findRunId(here)) !== undefined;
  if (here !== undefined && ifExists === "reuse" && core.queue.status().host === "paused") {
    return goOn(await resumeHere(core, here, limits, mayStart), options);
  }
  let found: RunData | undefined;
  let answers = true;
  try {
    // A server that is known to be away is asked once, and so is any where that is not the only way to know.
    const isBrief = mayStart && (here !== undefined || core.queue.status().host === "retrying");
    if (isBrief) await first(core, start, { ...limits, retry: false });
    // What a process that died has left in the queue file may be the very run.
    await everythingDelivered(core, limits);
    found = await first(core, start, limits);
  } catch (error) {
    if (!mayStart || !isAway(error)) throw error;
    answers = false;
  }
  // The server had it before, and has none now: a person has deleted it, or given it another name.
  if (answers && found === undefined && isSent) here = undefined;
  if (found === undefined && here === undefined) return core.startRun(start);
  if (ifExists === "date-suffix")
    return core.startRun({ ...start, name: await datedName(core, start, limits, answers, mayStart) });
  if (ifExists === "reuse") {
    if (found === undefined) return goOn(await resumeHere(core, here!, limits, mayStart), options);
    return goOn(continueRun(core, found, await restOf(core, found, limits)), options);
  }
  const replaced = await toReplace(core, found, here, limits, mayStart);
  const run = core.startRun({ ...start, tags: { ...start.tags, [REPLACES_TAG]: replaced.join(",") } });
  replaceAtEnd(core, run, replaced);
  return run;
}

async function first(core: Core, named: RunName, limits: CallOptions): Promise<RunData | undefined> {
  for await (const run of runsNamed(core, named, limits)) return run;
  return undefined;
}

/** Goes on with a run that waits here, or is open. */
async function resumeHere(core: Core, id: string, limits: CallOptions, mayStart: boolean): Promise<RunHandle> {
  try {
    return await resumeRun(core, id, limits);
  } catch (error) {
    // A server that got it meanwhile may be away again.
    const sent = mayStart && isAway(error) ? await resumeSentRun(core, id, limits, true) : undefined;
    if (sent === undefined) throw error;
    return sent;
  }
}

/** Ids of what goes when the new run is complete: of a replacement that was not finished, what it should have replaced, too. */
async function toReplace(
  core: Core,
  found: RunData | undefined,
  here: string | undefined,
  limits: CallOptions,
  mayStart: boolean,
): Promise<string[]> {
  // What else a run replaces that no server tells of is looked for in the end.
  if (found === undefined) return here === undefined ? [] : [here];
  const before = replacedBy(found.data.tags);
  // Those that are gone are left out in the end, too.
  const active = await activeOf(core, before, limits).catch(unlessAway(before, mayStart));
  return [found.info.runId, ...active];
}

/** What stands in for a server's answer where a run is to be started without one. */
function unlessAway<T>(instead: T, mayStart: boolean): (error: unknown) => T {
  return (error) => {
    if (!mayStart || !isAway(error)) throw error;
    return instead;
  };
}

/** The name with date and time, and a number where somebody was as fast in this second. */
async function datedName(
  core: Core,
  named: RunName,
  limits: CallOptions,
  answers: boolean,
  mayStart: boolean,
): Promise<string> {
  const now = new Date(core.runtime.clock.now()).toISOString();
  const dated = `${named.name}-${now.replace(/[-:]/g, "").replace("T", "-").slice(0, 15)}`;
  for (let number = 1; ; number++) {
    const name = number === 1 ? dated : `${dated}-${number}`;
    const wanted = { ...named, name };
    if ((await hereNamed(core, wanted, limits)) !== undefined) continue;
    const found = answers && (await first(core, wanted, limits).catch(unlessAway(undefined, mayStart)));
    if (!found) return name;
  }
}

async function goOn(run: RunHandle, { params, tags }: FindOrStartRunOptions): Promise<RunHandle> {
  if (params !== undefined) run.logParams(params);
  if (tags !== undefined) run.setTags(tags);
  return run;
}

/** There is no answer, or none of MLflow's. */
function isAway(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
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
