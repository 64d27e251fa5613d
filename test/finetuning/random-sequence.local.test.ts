import fc from "fast-check";
import { expect, test } from "vitest";
import { begun, type Place, place, type TestManager } from "./place.ts";

/** The rules of a manager, as plain data. */
interface Rules {
  /** Of iterations by batch: finished runs by learning rate, with the ones that hold a model. */
  readonly iterations: Map<string, Map<number, { quality: number; model: boolean; outcome: "finished" | "failed" }>>;
  current: string | undefined;
}
interface Real {
  readonly at: Place;
  readonly initial: string;
  manager: TestManager;
}
type Command = fc.AsyncCommand<Rules, Real>;

const runsOf = (rules: Rules) => rules.iterations.get(rules.current ?? "");
const bestModel = (rules: Rules) => {
  const models = [...(runsOf(rules)?.values() ?? [])].filter(({ model }) => model).map(({ quality }) => quality);
  return models.length === 0 ? undefined : Math.min(...models);
};

class SetIteration implements Command {
  readonly batch: string;
  constructor(batch: string) {
    this.batch = batch;
  }
  check = () => true;
  async run(rules: Rules, { manager, initial }: Real): Promise<void> {
    await manager.setIteration({ runId: initial, batchId: this.batch });
    if (!rules.iterations.has(this.batch)) rules.iterations.set(this.batch, new Map());
    rules.current = this.batch;
  }
  toString = () => `setIteration(${this.batch})`;
}

class Train implements Command {
  readonly lr: number;
  readonly quality: number;
  readonly asFailed: boolean;
  constructor(lr: number, quality: number, asFailed: boolean) {
    this.lr = lr;
    this.quality = quality;
    this.asFailed = asFailed;
  }
  check = ({ current }: Rules) => current !== undefined;
  async run(rules: Rules, { manager }: Real): Promise<void> {
    const runs = runsOf(rules);
    const known = runs?.get(this.lr);
    const { state } = await manager.setRun({ lr: this.lr });
    expect(state).toBe(known === undefined ? "started" : known.outcome);
    if (known !== undefined) return;
    manager.saveMetric({ name: "loss", value: this.quality });
    const best = bestModel(rules);
    const { saved } = await manager.saveModel({ weights: [this.quality] });
    expect(saved).toBe(best === undefined || this.quality <= best);
    // The old best is removed; there is one at most.
    if (saved) for (const run of runs?.values() ?? []) run.model = false;
    await manager.finishRun({ asFailed: this.asFailed });
    runs?.set(this.lr, { quality: this.quality, model: saved, outcome: this.asFailed ? "failed" : "finished" });
  }
  toString = () => `train(${this.lr}, ${this.quality}, ${this.asFailed})`;
}

/** The process dies and begins again, in the middle of a run or not. */
class Restart implements Command {
  readonly inRun: boolean;
  constructor(inRun: boolean) {
    this.inRun = inRun;
  }
  check = () => true;
  async run(rules: Rules, real: Real): Promise<void> {
    if (this.inRun && rules.current !== undefined) {
      await real.manager.setRun({ lr: 99 });
      if (real.manager.run !== undefined) {
        real.manager.saveMetric({ name: "loss", value: -1 });
        await real.manager.finishIteration();
        await real.manager.setIteration({ runId: real.initial, batchId: rules.current });
        await real.manager.setRun({ lr: 99 });
        await real.manager.finishRun({ asFailed: true });
        runsOf(rules)?.set(99, { quality: -1, model: false, outcome: "failed" });
      }
    }
    real.manager = real.at.manager();
    rules.current = undefined;
  }
  toString = () => `restart(${this.inRun})`;
}

class Look implements Command {
  check = () => true;
  async run(rules: Rules, { manager }: Real): Promise<void> {
    const experiments = await manager.getExperiments();
    expect(experiments).toHaveLength(rules.iterations.size + 1);
    const all = [...rules.iterations.values()].flatMap((runs) => [...runs.values()]);
    const models = all.filter(({ model }) => model).map(({ quality }) => quality);
    expect(await manager.downloadBestModel()).toEqual({ weights: [models.length === 0 ? 0 : Math.min(...models)] });
    if (rules.current === undefined) return;
    expect((await manager.getBestQuality())?.value).toBe(bestModel(rules));
    const top = await manager.getTopParamsByExperimentId(manager.iterationId ?? "");
    const qualities = top.map(({ lr }) => runsOf(rules)?.get(lr)?.quality);
    const finished = [...(runsOf(rules)?.values() ?? [])].filter(({ outcome }) => outcome === "finished");
    expect(qualities).toEqual(
      finished
        .map(({ quality }) => quality)
        .sort((a, b) => a - b)
        .slice(0, 10),
    );
  }
  toString = () => "look";
}

/** Operations of a run; more by the environment, for a thorough look. */
const steps = Number(
  (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env["TRACKLET_STEPS"] ?? 40,
);

test("createExperimentsManager() follows its rules in any order of operations", async () => {
  const commands = fc.commands(
    [
      fc.constantFrom("1", "2", "3").map((batch) => new SetIteration(batch)),
      fc
        .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5 }), fc.boolean())
        .map(([lr, quality, failed]) => new Train(lr, quality, failed)),
      fc
        .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5 }))
        .map(([lr, quality]) => new Train(lr, quality, false)),
      fc.boolean().map((inRun) => new Restart(inRun)),
      fc.constant(new Look()),
    ],
    { maxCommands: steps, size: "max" },
  );
  const property = fc.asyncProperty(commands, async (sequence) => {
    await using at = await place();
    const { manager, initial } = await begun(at);
    const rules: Rules = { iterations: new Map(), current: undefined };
    await fc.asyncModelRun(() => ({ model: rules, real: { at, initial, manager } }), sequence);
  });
  await fc.assert(property, { numRuns: steps > 40 ? 1 : 3, seed: 20, endOnFailure: true });
}, 600_000);
