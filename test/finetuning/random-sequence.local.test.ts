import fc from "fast-check";
import { expect, test } from "vitest";
import { begun, type Place, place, type TestManager } from "./place.ts";

/** A run, as plain data. */
interface RuleRun {
  quality: number;
  /** Of its model, when that was saved. */
  saved: number;
  /** What its model is there for. */
  model: "best" | "any" | undefined;
  outcome: "finished" | "failed";
}
/** An iteration: its runs by their learning rate. */
interface RuleIteration {
  readonly batch: string;
  readonly runs: Map<number, RuleRun>;
  id: string;
  /** The one that a `deletePreviousIteration` in this one has taken. */
  deletes: string | undefined;
  isArchived: boolean;
}
/** The rules of a manager, as plain data; iterations in the order in which they were made. */
interface Rules {
  readonly iterations: RuleIteration[];
  current: RuleIteration | undefined;
}
interface Real {
  readonly at: Place;
  readonly initial: string;
  manager: TestManager;
}
type Command = fc.AsyncCommand<Rules, Real>;

let executed: Record<string, number> = {};
const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
/** Runs a command and counts it. */
function command(
  name: string,
  check: (rules: Rules) => boolean,
  run: (rules: Rules, real: Real) => Promise<void>,
): Command {
  const [kind = ""] = name.split("(");
  return {
    check,
    run: async (rules, real) => {
      executed[kind] = (executed[kind] ?? 0) + 1;
      await run(rules, real);
    },
    toString: () => name,
  };
}

const always = (): boolean => true;
const inIteration = ({ current }: Rules): boolean => current !== undefined;
const activeOf = ({ iterations }: Rules): RuleIteration[] => iterations.filter(({ isArchived }) => !isArchived);
const modelsOf = ({ runs }: RuleIteration): RuleRun[] => [...runs.values()].filter(({ model }) => model !== undefined);
const least = (runs: readonly RuleRun[]): number | undefined =>
  runs.length === 0 ? undefined : Math.min(...runs.map(({ saved }) => saved));
/** The active one, or the last one; and the one made before it. */
function pair(rules: Rules): [RuleIteration | undefined, RuleIteration | undefined] {
  const active = activeOf(rules);
  const current = rules.current ?? active.at(-1);
  return [current, current === undefined ? undefined : active.filter((_, n) => n < active.indexOf(current)).at(-1)];
}

const setIteration = (batch: string): Command =>
  command(`setIteration(${batch})`, always, async (rules, { manager, initial }) => {
    const id = await manager.setIteration({ runId: initial, batchId: batch });
    const known = activeOf(rules).find((one) => one.batch === batch);
    if (known !== undefined) expect(id).toBe(known.id);
    const made = { batch, id, runs: new Map<number, RuleRun>(), deletes: undefined, isArchived: false };
    if (known === undefined) rules.iterations.push(made);
    rules.current = known ?? made;
  });

interface Try {
  readonly lr: number;
  readonly quality: number;
  readonly asFailed: boolean;
  readonly bestOnly: boolean;
  readonly retryFailed: boolean;
}
const train = ({ lr, quality, asFailed, bestOnly, retryFailed }: Try): Command =>
  command(`train(${lr}, ${quality}, ${asFailed}, ${bestOnly}, ${retryFailed})`, inIteration, async (rules, real) => {
    const { runs } = rules.current as RuleIteration;
    const { manager } = real;
    const known = runs.get(lr);
    const isDone = known !== undefined && !(known.outcome === "failed" && retryFailed);
    const { state } = await manager.setRun({ lr }, { retryFailed });
    expect(state).toBe(known === undefined ? "started" : isDone ? known.outcome : "resumed");
    if (isDone) return;
    manager.saveMetric(quality + 1);
    manager.saveMetric(quality);
    expect(await manager.getQuality()).toBe(quality);
    const models = modelsOf(rules.current as RuleIteration);
    // Of those that are equal the one that was made first; an earlier model of this run counts like any other.
    const first = models.find(({ saved }) => saved === least(models));
    const isGood = !bestOnly || first === undefined || quality <= first.saved;
    expect((await manager.saveModel({ weights: [quality] }, { bestOnly })).saved).toBe(isGood);
    await manager.finishRun({ asFailed });
    const run: RuleRun = known ?? { quality, saved: quality, model: undefined, outcome: "finished" };
    runs.set(lr, run);
    Object.assign(run, { quality, outcome: asFailed ? "failed" : "finished" });
    // The best so far goes, whatever it was kept for.
    if (bestOnly && isGood && first !== undefined) first.model = undefined;
    if (isGood) Object.assign(run, { model: bestOnly ? "best" : "any", saved: quality });
    if (!bestOnly) return;
    const winner = isGood ? run : first;
    for (const one of runs.values()) if (one.model === "best" && one !== winner) one.model = undefined;
  });

/** The process dies and begins again, in the middle of a run or not. */
const restart = (inRun: boolean): Command =>
  command(`restart(${inRun})`, always, async (rules, real) => {
    if (inRun && rules.current !== undefined && !rules.current.runs.has(99)) {
      await real.manager.setRun({ lr: 99 });
      real.manager.saveMetric(-1);
      await real.manager.finishIteration();
      await real.manager.setIteration({ runId: real.initial, batchId: rules.current.batch });
      expect((await real.manager.setRun({ lr: 99 })).state).toBe("resumed");
      await real.manager.finishRun({ asFailed: true });
      rules.current.runs.set(99, { quality: -1, saved: -1, model: undefined, outcome: "failed" });
    }
    real.manager = real.at.manager();
    rules.current = undefined;
  });

const deletePrevious: Command = command("deletePreviousIteration()", always, async (rules, { manager }) => {
  const [current, before] = pair(rules);
  const id = current?.deletes ?? before?.id;
  expect(await manager.deletePreviousIteration()).toBe(id);
  if (current === undefined || id === undefined) return;
  current.deletes = id;
  const gone = rules.iterations.find((one) => one.id === id);
  if (gone === undefined) return;
  if (!gone.isArchived) for (const run of gone.runs.values()) if (run.outcome === "finished") run.model = undefined;
  gone.isArchived = true;
  if (rules.current === gone) rules.current = undefined;
});

const deleteModel = (n: number): Command =>
  command(`deleteModel(${n})`, inIteration, async (rules, { manager, at }) => {
    const { runs, id } = rules.current as RuleIteration;
    const lr = [...runs.keys()][n % runs.size];
    const run = lr === undefined ? undefined : runs.get(lr);
    if (run === undefined) return;
    const all = await at.client.runs.search({ experimentIds: [id] }).all();
    const runId = all.find(({ data }) => data.params["lr"] === String(lr))?.info.runId ?? "";
    expect(await manager.deleteModel(runId)).toBe(run.model !== undefined);
    run.model = undefined;
  });

const archive = (n: number, roll: boolean): Command =>
  command(
    `archive(${n}, ${roll})`,
    (rules) => activeOf(rules).length > 0,
    async (rules, { manager, initial }) => {
      const active = activeOf(rules);
      const gone = active[n % active.length] as RuleIteration;
      if (roll) {
        const { runId, isInitial } = await manager.rollBackIteration(gone.id);
        gone.isArchived = true;
        const best = least(activeOf(rules).flatMap(modelsOf));
        expect(isInitial).toBe(best === undefined);
        if (isInitial) expect(runId).toBe(initial);
      } else await manager.archiveIteration(gone.id);
      gone.isArchived = true;
      if (rules.current === gone) rules.current = undefined;
    },
  );

const restore = (n: number): Command =>
  command(
    `restore(${n})`,
    ({ iterations }) => iterations.some(({ isArchived }) => isArchived),
    async (rules, real) => {
      const archived = rules.iterations.filter(({ isArchived }) => isArchived);
      const back = archived[n % archived.length] as RuleIteration;
      const restored = real.manager.restoreIteration(back.id);
      if (activeOf(rules).some(({ batch }) => batch === back.batch))
        return expect(restored).rejects.toThrow("its name must be free");
      await restored;
      back.isArchived = false;
    },
  );

const look: Command = command("look()", always, async (rules, { manager }) => {
  const experiments = await manager.getExperiments();
  expect(experiments.map(({ experimentId }) => experimentId).slice(0, -1)).toEqual(
    activeOf(rules)
      .map(({ id }) => id)
      .reverse(),
  );
  expect(await manager.getPreviousIterationId()).toBe(pair(rules)[1]?.id);
  const others = activeOf(rules).filter((one) => one !== rules.current);
  expect(await manager.getLastIterationId()).toBe(others.at(-1)?.id);
  const lastFinished = others.filter(({ runs }) => runs.size > 0).at(-1);
  expect(await manager.getLastFinishedIterationId()).toBe(lastFinished?.id);
  const best = least(activeOf(rules).flatMap(modelsOf));
  expect(await manager.downloadBestModel()).toEqual({ weights: [best ?? 0] });
  const last = lastFinished === undefined ? undefined : least(modelsOf(lastFinished));
  expect(await manager.downloadLastModel()).toEqual({ weights: [last ?? 0] });
  const { current } = rules;
  if (current === undefined) return;
  expect((await manager.getBestQuality())?.value).toBe(least(modelsOf(current)));
  const top = await manager.getTopParamsByExperimentId(current.id);
  const finished = [...current.runs.values()].filter(({ outcome }) => outcome === "finished");
  expect(top.map(({ lr }) => current.runs.get(lr)?.quality)).toEqual(
    finished
      .map(({ quality }) => quality)
      .sort((a, b) => a - b)
      .slice(0, 10),
  );
});

/** Most operations of one sequence, and the seed; by the environment for a thorough look: TRACKLET_STEPS=1500. */
const { env = {} } = (globalThis as { process?: { env: Record<string, string | undefined> } }).process ?? {};
const steps = Number(env["TRACKLET_STEPS"] ?? 40);
const seed = Number(env["TRACKLET_SEED"] ?? 20);

test("createExperimentsManager() follows its rules in any order of operations", async () => {
  const small = fc.nat({ max: 7 });
  const anyTry = fc.record({
    lr: fc.integer({ min: 1, max: 8 }),
    quality: fc.integer({ min: 1, max: 9 }),
    asFailed: fc.boolean(),
    bestOnly: fc.constantFrom(true, true, false),
    retryFailed: fc.boolean(),
  });
  const commands = fc.commands(
    [
      fc.constantFrom("1", "2", "3").map(setIteration),
      anyTry.map(train),
      anyTry.map((one) => train({ ...one, asFailed: false })),
      anyTry.map((one) => train({ ...one, bestOnly: true })),
      fc.boolean().map(restart),
      fc.constant(deletePrevious),
      small.map(deleteModel),
      fc.tuple(small, fc.boolean()).map(([n, roll]) => archive(n, roll)),
      small.map(restore),
      fc.constant(look),
    ],
    { maxCommands: steps, size: "max" },
  );
  const property = fc.asyncProperty(commands, async (sequence) => {
    executed = {};
    await using at = await place();
    const { manager, initial } = await begun(at);
    const rules: Rules = { iterations: [], current: undefined };
    await fc.asyncModelRun(() => ({ model: rules, real: { at, initial, manager } }), sequence);
    if (steps > 40) console.log(executed, "operations in one sequence:", sum(executed));
  });
  await fc.assert(property, { numRuns: 3, seed, endOnFailure: true });
  if (steps > 40)
    console.log(
      executed,
      Object.values(executed).reduce((sum, count) => sum + count),
    );
}, 600_000);
