import type { StorageCounts } from "../../../src/queue/storage.ts";
import type { Amount, FlushReport } from "../../../src/queue/types.ts";
import type { Director } from "../director.ts";
import { type ServerRun, STRANGE } from "../world/server.ts";
import type { SimProcess } from "../world/process.ts";
import type { World } from "../world/world.ts";
import type { Logged, RunBook } from "./book.ts";
import { isGivenUp } from "./checks.ts";
import { contentOf, item } from "./items.ts";

/** Longest time in ms, beyond the flush interval, until what is logged is on a disk that works. */
const PERSIST = 3_000;

const KINDS = ["points", "requests"] as const;

/** Tags by which the queue and MLflow themselves say what a run is, and who ended it. */
const OWN_TAGS = [
  "mlflow.tracklet.runId",
  "mlflow.tracklet.endedBy",
  "mlflow.tracklet.parentRunId",
  "mlflow.tracklet.orphan",
  "mlflow.parentRunId",
  "mlflow.rootRunId",
  "mlflow.runName",
];

/** What must hold at the end of a seed, when all that can be delivered is. */
export async function checkEnd(world: World, director: Director): Promise<void> {
  const { book, checks, disk, server } = world;
  const found = new Map<string, ServerRun[]>();
  for (const run of await server.runs()) {
    const { localId } = run;
    if (localId === undefined || !book.runs.has(localId)) checks.fail(`run ${run.id} is on the server and is nobody's`);
    else found.set(localId, [...(found.get(localId) ?? []), run]);
  }
  const waiting = new Map<string, Set<string>>();
  for (const chunk of disk.store.chunks.values()) {
    const run = book.runs.get(chunk.run);
    if (run && isGivenUp(run, chunk))
      checks.fail(`chunk ${chunk.order} of run ${chunk.run}, which was given up, waits`);
    const items = waiting.get(chunk.run) ?? new Set();
    for (const name of contentOf(chunk).items) items.add(name);
    waiting.set(chunk.run, items);
  }
  const doubtful = await doubtfulRuns(world);
  for (const run of book.runs.values()) {
    const runs = found.get(run.localId) ?? [];
    const runId = disk.store.runIds.get(run.localId);
    const mapped = runs.find(({ id }) => id === runId) ?? asFolder(found, run, runId);
    if (run.created && !mapped && run.blocked === undefined) checks.fail(`run ${run.localId} is not on the server`);
    // A model is where its run is, and a restored server gives the ids of experiments to others.
    if (mapped && mapped.experiment !== run.experiment && !(run.maker ?? run).restored) {
      checks.fail(`run ${run.localId} is in experiment ${mapped.experiment} and not in ${run.experiment}`);
    }
    checkTwins(world, run, mapped, runs, doubtful);
    for (const { items } of runs) {
      for (const name of items)
        if (!run.logged.has(name) && !isOfModel(run, name))
          checks.fail(`"${name}" of run ${run.localId} is on the server and was never logged`);
    }
    checkItems(world, run, mapped, waiting.get(run.localId) ?? new Set());
    if (!mapped || run.blocked !== undefined || run.restored || runId?.includes("/")) continue;
    checkTags(world, run, mapped);
    const opener = disk.writers.get(disk.store.openers.get(run.localId) ?? "");
    if (opener?.alive && !run.maker && mapped.status !== "RUNNING") {
      checks.fail(`run ${run.localId} is ${mapped.status}, and ${opener.name}, which has it open, lives`);
    }
    checkState(world, run, mapped);
    checkModel(world, run, mapped, found);
  }
  for (const process of world.processes) {
    for (const { kind, run, message } of process.problems) {
      if (kind === "run-parked" && !mayPark(book.runs.get(run ?? "")))
        checks.fail(`run ${run} was parked without a reason: ${message}`);
    }
  }
  await checkCounts(world, director);
  await checkMissing(world);
}

/** True for a run that had to wait for a person, and for one below it, or a model that it made: it is created with what that says. */
function mayPark(run: RunBook | undefined): boolean {
  return run !== undefined && (run.cause !== undefined || mayPark(run.parent) || mayPark(run.maker));
}

/** A model as it is on a server that has none: a folder of the run that made it. */
function asFolder(
  found: ReadonlyMap<string, readonly ServerRun[]>,
  { maker, name }: RunBook,
  runId: string | undefined,
): ServerRun | undefined {
  const run = found.get(maker?.localId ?? "")?.find(({ id }) => `${id}/${name}` === runId);
  if (!run) return undefined;
  const folder = item.artifact(`${name}/`);
  const files = [...run.items].filter((other) => other.startsWith(folder));
  const points = [...run.items].filter((other) => other.startsWith("metric "));
  return { ...run, items: new Set([...points, ...files.map((file) => item.artifact(file.slice(folder.length)))]) };
}

/** What is logged to a model is in its run as well, or a stranger put it there. */
function isOfModel({ models, maker }: RunBook, name: string): boolean {
  if (maker) return name === item.artifact(STRANGE);
  return models.some((model) => {
    const folder = item.artifact(`${model.name}/`);
    return model.logged.has(name.startsWith(folder) ? item.artifact(name.slice(folder.length)) : name);
  });
}

/** A model has what it was created with, and its run knows of it. */
function checkModel(
  { checks, disk }: World,
  { localId, maker, given }: RunBook,
  { id, params, tags }: ServerRun,
  found: ReadonlyMap<string, readonly ServerRun[]>,
): void {
  if (!maker || !given) return;
  for (const [what, has] of [
    ["params", params],
    ["tags", tags],
  ] as const) {
    for (const [key, value] of Object.entries(given[what]))
      if (has.get(key) !== value) checks.fail(`${what} of model ${localId} lack ${key}=${value}`);
  }
  const runId = disk.store.runIds.get(maker.localId);
  const run = found.get(maker.localId)?.find((other) => other.id === runId);
  if (run && !run.outputs.includes(id)) checks.fail(`run ${maker.localId} does not say that it made model ${localId}`);
}

/** Only points may be missing, and as many as the queues said that they dropped from memory. */
async function checkMissing({ missing, processes, disk, checks }: World): Promise<void> {
  const { dropped } = await disk.store.status();
  const said = processes.reduce((sum, { queue }) => sum + queue.status().dropped.points, 0);
  // A process that was killed between the drop and its count has not counted, nor one that was told that it failed.
  const doubtful = processes.some(({ crashedAt, failedAt }) => crashedAt !== undefined || failedAt > 0);
  const uncounted = doubtful ? dropped.points : 0;
  const room = said - dropped.points + uncounted;
  const isPoint = (text: string): boolean => text.startsWith('"metric ');
  const tooMany = missing.filter(isPoint).length > room;
  for (const text of missing) if (!isPoint(text) || tooMany) checks.fail(text);
}

/** Runs of which the disk says that something is in doubt: it is looked at again. */
async function doubtfulRuns({ disk }: World): Promise<ReadonlySet<string>> {
  const { doubts = [] } = JSON.parse((await disk.store.note()) ?? "{}") as { doubts?: readonly [string][] };
  return new Set(doubts.map(([localId]) => localId));
}

/** One run for each of ours: others are empty and deleted, or tagged. */
function checkTwins(
  world: World,
  run: RunBook,
  mapped: ServerRun | undefined,
  runs: readonly ServerRun[],
  doubtful: ReadonlySet<string>,
): void {
  // What came to the server of what a person gave up stays as it is.
  if (run.discardedTo !== undefined) return;
  for (const twin of runs) {
    if (twin === mapped) continue;
    if (twin.tags.has("mlflow.tracklet.duplicateOf")) continue;
    if (twin.deleted && !run.personDeleted.has(twin.id)) {
      if (twin.items.size > 0)
        world.checks.fail(`run ${twin.id}, a second one of ${run.localId}, was deleted with its data`);
      continue;
    }
    if (run.restored) continue;
    // Its creation waits, and will look for all that earlier tries made.
    if (!mapped && (runs.length === 1 || run.maker) && run.blocked !== undefined) continue;
    // What was refused of a run that waits for a person is asked for again after ten minutes.
    if (doubtful.has(run.localId) && run.blocked !== undefined) continue;
    world.checks.fail(`run ${run.localId} is twice on the server: ${twin.id} beside ${mapped?.id}`);
  }
}

function checkItems(world: World, run: RunBook, mapped: ServerRun | undefined, waiting: ReadonlySet<string>): void {
  const { checks } = world;
  for (const [name, calls] of run.logged) {
    const fate = run.fates.get(name);
    if (fate === "acknowledged") {
      if (!mapped?.items.has(name) && !run.restored)
        checks.fail(`"${name}" of run ${run.localId} was acknowledged and is not on the server`);
    } else if (fate === undefined && !(waiting.has(name) && run.blocked !== undefined) && !run.optional.has(name)) {
      if (waiting.has(name)) checks.fail(`"${name}" of run ${run.localId} waits at the end`);
      else if (run.durable.has(name) || calls.some((call) => mustBeDurable(world, call)))
        world.missing.push(`"${name}" of run ${run.localId} is lost`);
      else world.lost++;
    }
  }
}

/** True when what was logged then cannot have been lost with its process. */
function mustBeDurable(world: World, { process, at, call }: Logged): boolean {
  const { crashedAt, durableUntil, failedAt, stalledAt } = process;
  if (crashedAt === undefined || call <= durableUntil) return true;
  const late = at + process.flushInterval + PERSIST + process.clock.grain;
  return late < crashedAt && failedAt < at && stalledAt < at && world.processes.includes(process);
}

/** Of each field the last write that the disk got. */
function checkState(world: World, run: RunBook, mapped: ServerRun): void {
  for (const [field, { value }] of run.state) {
    if (field.includes("!")) continue;
    const there =
      field === "status" ? mapped.status : field === "name" ? mapped.name : (mapped.tags.get(field.slice(4)) ?? null);
    if (there === value) continue;
    world.checks.fail(`${field} of run ${run.localId} is "${there}" on the server, and "${value}" was written last`);
  }
}

/** A run has the tags that somebody gave it, and those that say what it is of; none that was only to try something. */
function checkTags({ checks }: World, { localId, written, maker, given }: RunBook, { tags }: ServerRun): void {
  const known = new Set([...written.keys(), ...Object.keys(given?.tags ?? {}).map((key) => `tag ${key}`)]);
  for (const key of tags.keys()) {
    if (known.has(`tag ${key}`) || OWN_TAGS.includes(key) || (maker && key === "mlflow.tracklet.modelId")) continue;
    checks.fail(`run ${localId} has a tag "${key}" that nobody gave it`);
  }
}

/** Counters equal contents. */
async function checkCounts(world: World, { final }: Director): Promise<void> {
  const { disk, checks, book } = world;
  const status = await disk.store.status();
  const waiting = { points: 0, requests: 0 };
  let bytes = 0;
  for (const { kind, count, bytes: size } of disk.store.chunks.values()) {
    waiting[kind === "metrics" ? "points" : "requests"] += count;
    bytes += size;
  }
  same(world, "waiting in the storage", status.waiting, waiting);
  same(world, "bytes in the storage", status.bytes, bytes);
  same(world, "quarantined in the storage", status.quarantined, checks.quarantined);
  for (const kind of KINDS) {
    const all = status.waiting[kind] + status.delivered[kind] + status.quarantined[kind] + status.dropped[kind];
    if (all > book[kind]) checks.fail(`the storage counts ${all} ${kind}, and only ${book[kind]} were logged`);
  }
  if (!final) return;
  const report = await reportOf(world, final);
  checkFigures(world, final, report, status.waiting);
  if (world.processes.length === 1) checkReport(world, report, status);
  await checkReceipts(world, final);
}

async function reportOf({ checks, timeline }: World, { queue }: SimProcess): Promise<FlushReport> {
  const flushed = queue.flush({ timeout: 0 });
  if (!(await timeline.settles(flushed, 10_000))) checks.fail("flush() with a timeout of 0 does not settle");
  return Promise.race([flushed, queue.flush({ until: "durable", timeout: 0 })]);
}

/** What is left is all that the disk holds, whoever logged it. */
function checkFigures(world: World, process: SimProcess, report: FlushReport, there: Amount): void {
  world.checks.figures(process);
  const { waiting, inFlight, parked } = process.queue.status();
  for (const kind of KINDS) {
    same(world, `${kind} of status()`, waiting[kind] + inFlight[kind] + parked[kind], there[kind]);
    const { pending, others } = report;
    same(world, `${kind} of flush()`, pending[kind] + report.parked[kind] + others[kind], there[kind]);
  }
}

/** What one process was alone to log and to deliver. */
function checkReport(world: World, report: FlushReport, status: StorageCounts): void {
  const { checks, book } = world;
  for (const kind of KINDS) {
    const { delivered, pending, parked, others, quarantined, dropped } = report;
    const all = delivered[kind] + pending[kind] + parked[kind] + others[kind] + quarantined[kind] + dropped[kind];
    if (all !== book[kind] - (kind === "requests" ? book.refused : 0)) {
      checks.fail(
        `flush() counts ${all} ${kind} (${JSON.stringify(report, (name, value) => (name === "problems" ? undefined : value))}), and ${book[kind]} were logged`,
      );
    }
    same(world, `delivered ${kind}`, delivered[kind], status.delivered[kind]);
  }
}

/**
 * Whoever logged it, of what was logged to a run each call has its fate; but for what died with its process, which a
 * receipt counts as logged, and as nothing else.
 */
async function checkReceipts(world: World, { queue }: SimProcess): Promise<void> {
  const { checks, book } = world;
  for (const run of book.runs.values()) {
    if (run.blocked !== undefined) continue;
    const receipt = queue.receipt(run.localId);
    if (!(await world.timeline.settles(receipt, 60_000))) checks.fail("receipt() does not settle");
    const orphaned = [...run.logged.values()].flat().some(({ process }) => process.crashedAt !== undefined);
    for (const { kind, key, logged, acknowledged, dropped, quarantined } of (await receipt).lines) {
      const fates = acknowledged + dropped + quarantined;
      if (orphaned ? logged < fates : logged !== fates) {
        checks.fail(
          `the receipt of ${run.localId} has ${logged} logged and ${acknowledged}+${dropped}+${quarantined} of ${kind} ${key}`,
        );
      }
    }
  }
}

function same({ checks }: World, what: string, a: unknown, b: unknown): void {
  if (JSON.stringify(a) !== JSON.stringify(b))
    checks.fail(`${what}: counted ${JSON.stringify(a)}, there are ${JSON.stringify(b)}`);
}
