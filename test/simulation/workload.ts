import type { DeliveryOptions, NewRun } from "../../src/queue/types.ts";
import type { RunBook } from "./checks/book.ts";
import { item } from "./checks/items.ts";
import { Chance } from "./world/chance.ts";
import type { SimProcess } from "./world/process.ts";
import { TextBlob } from "./world/text-blob.ts";
import type { World } from "./world/world.ts";

const KEYS = ["loss", "accuracy", "val/loss", "lr"];
const STATUSES = ["FINISHED", "FAILED", "KILLED"] as const;

/** Calls that log something, each of which the books note. */
export class Workload {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #runs: RunBook[] = [];
  readonly #models: RunBook[] = [];
  #counter = 0;
  #beacon: RunBook | undefined;
  #recent: RunBook | undefined;
  /** Points of the largest burst. */
  readonly #most: number;
  /** Shares of metric keys that the server refuses, and that it fails on for ever: each costs dozens of requests. */
  readonly #bad: number;
  readonly #poison: number;

  /** `batchSize` is how many points a request of the queue has at most. */
  constructor(world: World, batchSize: number = 1_000) {
    this.#world = world;
    this.#chance = new Chance(world.seed, "workload");
    // More than some chunks, and not hundreds of them.
    this.#most = Math.min(this.#chance.pick([60, 60, 60, 60, 60, 1_100]), 20 * batchSize);
    this.#bad = this.#chance.may(0.25) ? 0.01 : 0;
    this.#poison = this.#chance.may(0.1) ? 0.01 : 0;
  }

  get runs(): readonly RunBook[] {
    return this.#runs;
  }

  /** One call, of a process, to some run. */
  step(process: SimProcess): void {
    // Another process hears of a run when it is on the disk at the earliest.
    const known = this.#runs.filter(({ localId, created }) => created || localId.startsWith(`${process.name}-`));
    if (known.length === 0) {
      this.start(process);
      return;
    }
    // A process stays with a run for a while.
    if (!known.includes(this.#recent as RunBook) || this.#chance.may(0.15)) this.#recent = this.#chance.pick(known);
    const run = this.#recent as RunBook;
    const step = this.#chance.weighted<(process: SimProcess, run: RunBook) => void>([
      [30, () => this.#points(process, run, this.#chance.int(1, 4))],
      [3, () => this.#points(process, run, this.#chance.pick([10, 30, this.#most]))],
      [1, () => this.#wide(process, run)],
      [6, () => this.#param(process, run)],
      [12, () => this.#tag(process, run)],
      [3, () => this.untag(process, run)],
      [4, () => this.#update(process, run)],
      [3, () => this.#input(process, run)],
      [3, () => this.#artifact(process, run)],
      [this.#runs.length < 8 ? 4 : 0, () => this.start(process)],
      [this.#models.length < 5 ? 3 : 0, () => this.#model(process, run)],
      [this.#models.length > 0 ? 3 : 0, () => this.#ofModel(process)],
    ]);
    step(process, run);
  }

  start(process: SimProcess): void {
    const number = this.#runs.length + 1;
    const name = `run ${number}`;
    const unknown = this.#chance.may(0.02);
    const experiment = this.#chance.pick(["Default", "other"]);
    const parent = this.#chance.may(0.3) ? this.#chance.pick(this.#runs.filter(({ created }) => created)) : undefined;
    const tags: Record<string, string> = this.#chance.may(0.5) ? { start: String(number) } : {};
    if (this.#chance.may(0.03)) tags["bad!"] = "1";
    const more = {
      tags,
      ...(unknown && { experiment: { id: "99" } }),
      ...(parent && { parent: { local: parent.localId } }),
    };
    const run = this.#open(process, name, experiment, more, parent);
    if (unknown) run.cause = run.blocked = "its experiment does not exist";
    this.#runs.push(run);
    const { localId } = run;
    if (this.#chance.may(0.3)) void process.queue.runId(localId, { timeout: 100_000 }).catch(() => undefined);
  }

  end(process: SimProcess, run: RunBook): void {
    const status = this.#chance.pick(STATUSES);
    run.ended = true;
    this.#world.book.requests++;
    this.#world.book.write(run, "status", status);
    this.#world.note(() => `${process.name} updateRun ${run.localId} ${status}`);
    process.queue.updateRun(run.localId, { status, endTime: process.clock.now() });
  }

  /** Something on another run, so that others succeed while one fails. */
  beacon(process: SimProcess): void {
    this.#beacon ??= this.#open(process, "beacon", "Default");
    this.#tag(process, this.#beacon);
    this.#point(process, this.#beacon, "beat", 1, true);
  }

  /** True of the run of `beacon`. */
  isBeacon(localId: string): boolean {
    return this.#beacon?.localId === localId;
  }

  #open(process: SimProcess, name: string, experiment: string, more: Partial<NewRun> = {}, parent?: RunBook): RunBook {
    const localId = `${process.name}-${name.replace(" ", "")}`;
    const run = this.#world.book.open(localId, name, experiment, { parent });
    this.#world.book.requests++;
    for (const [key, value] of Object.entries(more.tags ?? {})) this.#world.book.write(run, `tag ${key}`, value);
    this.#world.note(() => `${process.name} createRun ${localId}`);
    const startTime = process.clock.now();
    process.queue.createRun({ localId, experiment: { name: experiment }, name, startTime, tags: {}, ...more });
    return run;
  }

  /** A model with some files, whose points mostly come later. */
  #model(process: SimProcess, run: RunBook): void {
    const number = this.#models.length + 1;
    const name = `net${number}`;
    const localId = `${process.name}-${name}`;
    const given = { params: { layers: String(number) }, tags: this.#chance.may(0.5) ? { kind: "small" } : {} };
    const model = this.#world.book.open(localId, name, run.experiment, { maker: run, given });
    this.#models.push(model);
    this.#world.book.requests += 2;
    this.#world.note(() => `${process.name} logModel ${localId} of ${run.localId}`);
    process.queue.requestModel(localId, "model", { localId, run: run.localId, name, step: number, ...given });
    for (let files = this.#chance.int(0, 2); files > 0; files--) this.#artifact(process, model);
    process.queue.requestModel(localId, "finalize", { failed: false });
  }

  /** Some points of a model: it has one value at most for a step and time. */
  #ofModel(process: SimProcess): void {
    const known = this.#models.filter(({ localId, created }) => created || localId.startsWith(`${process.name}-`));
    if (known.length === 0) return;
    const model = this.#chance.pick(known);
    const key = this.#chance.pick(KEYS);
    const count = this.#chance.pick([1, 3, 20]);
    for (let n = 0; n < count; n++) this.#point(process, model, key, this.#value(), true);
    this.#world.note(() => `${process.name} logMetric ${model.localId} ${key} x ${count}`);
  }

  #points(process: SimProcess, run: RunBook, count: number): void {
    const key = this.#key();
    // Each point that the server refuses costs a dozen requests.
    if (!KEYS.includes(key)) count = 1;
    for (let n = 0; n < count; n++) this.#point(process, run, key, this.#value());
    this.#world.note(() => `${process.name} logMetric ${run.localId} ${key} x ${count}`);
  }

  /** More keys than one chunk takes. */
  #wide(process: SimProcess, run: RunBook): void {
    const count = this.#chance.pick([20, 130]);
    for (let n = 0; n < count; n++) this.#point(process, run, `key${n}`, n);
    this.#world.note(() => `${process.name} logMetric ${run.localId} ${count} keys`);
  }

  #point(process: SimProcess, run: RunBook, key: string, value: number, once = false): void {
    // Now and then the very same point again.
    const step = !once && this.#chance.may(0.02) ? this.#counter : ++this.#counter;
    const timestamp = 1_700_000_000_000 + step;
    this.#world.book.points++;
    this.#world.book.log(process, run, item.point(key, step, timestamp, value));
    process.queue.logMetric(run.localId, key, value, timestamp, step);
  }

  #param(process: SimProcess, run: RunBook): void {
    const key = this.#chance.may(0.03) ? "bad!" : `param${this.#chance.int(1, 40)}`;
    const value = this.#chance.may(0.1) ? "other" : "same";
    this.#world.book.requests++;
    this.#world.book.log(process, run, item.param(key, value));
    this.#world.note(() => `${process.name} logParam ${run.localId} ${key}=${value}`);
    process.queue.logParam(run.localId, key, value);
  }

  #tag(process: SimProcess, run: RunBook): void {
    const key = this.#chance.may(0.02) ? "bad!" : `tag${this.#chance.int(1, 4)}`;
    const value = `v${++this.#counter}`;
    this.#world.book.requests++;
    this.#world.book.write(run, `tag ${key}`, value);
    this.#world.note(() => `${process.name} setTag ${run.localId} ${key}=${value}`);
    process.queue.setTag(run.localId, key, value);
  }

  untag(process: SimProcess, run: RunBook): void {
    // Mostly one that is there: what is not costs three requests more.
    const set = [...run.written.keys()].filter((field) => field.startsWith("tag tag"));
    const key =
      set.length > 0 && this.#chance.may(0.9) ? this.#chance.pick(set).slice(4) : `tag${this.#chance.int(1, 4)}`;
    this.#world.book.requests++;
    this.#world.book.write(run, `tag ${key}`, null);
    this.#world.note(() => `${process.name} deleteTag ${run.localId} ${key}`);
    process.queue.deleteTag(run.localId, key);
  }

  #update(process: SimProcess, run: RunBook): void {
    if (this.#chance.may(0.4)) {
      this.end(process, run);
      return;
    }
    this.#world.book.requests++;
    if (this.#chance.may(0.5)) {
      const name = `name ${++this.#counter}`;
      this.#world.book.write(run, "name", name);
      this.#world.note(() => `${process.name} updateRun ${run.localId} "${name}"`);
      process.queue.updateRun(run.localId, { name });
    } else {
      run.ended = false;
      this.#world.book.write(run, "status", "RUNNING");
      this.#world.note(() => `${process.name} updateRun ${run.localId} RUNNING`);
      process.queue.updateRun(run.localId, { status: "RUNNING" });
    }
  }

  #input(process: SimProcess, run: RunBook): void {
    const digest = String(this.#chance.int(1, 5));
    this.#world.book.requests++;
    this.#world.book.log(process, run, item.input("data", digest));
    this.#world.note(() => `${process.name} logInputs ${run.localId} ${digest}`);
    const dataset = { name: "data", digest, sourceType: "local", source: "x" };
    process.queue.logInputs(run.localId, [{ dataset: dataset as never, tags: {} }]);
  }

  #artifact(process: SimProcess, run: RunBook): void {
    const path = `${this.#chance.pick(["", "model/"])}file${++this.#counter}.txt`;
    const text = "x".repeat(this.#chance.int(0, 300)) + this.#counter;
    this.#world.book.artifacts.set(path, text);
    this.#world.note(() => `${process.name} logArtifact ${run.localId} ${path}`);
    const name = item.artifact(path);
    this.#world.book.requests++;
    this.#world.book.log(process, run, name);
    process.queue.logArtifact(run.localId, path, new TextBlob(text)).then(
      () => run.durable.add(name),
      // In memory only: it may come, and need not. Or refused at the call, as there is no room.
      (error: Error) => {
        run.optional.add(name);
        if (error.message.includes("must leave room")) this.#world.book.refused++;
      },
    );
  }

  #key(): string {
    if (this.#chance.may(this.#bad)) return "bad!";
    if (this.#chance.may(this.#poison)) return "poison";
    return this.#chance.pick(KEYS);
  }

  #value(): number {
    return this.#chance.may(0.1)
      ? Number.NaN
      : this.#chance.may(0.02)
        ? Number.POSITIVE_INFINITY
        : this.#chance.int(0, 1e6) / 1e6;
  }
}

/** Options of a queue of a seed; `hold` is how long in ms the network holds a request at most. */
export function deliveryOf(chance: Chance, hold: number): DeliveryOptions {
  return {
    batchSize: chance.weighted([
      [6, 1_000],
      [3, 60],
      [1, 7],
    ]),
    flushInterval: chance.pick([1_000, 1_000, 200]),
    concurrency: chance.int(1, 6),
    // Nobody can tell when a request that was given up will not come any more: for so long it is expected.
    requestTimeout: hold > 25_000 ? 120_000 : chance.pick([120_000, 30_000]),
    ...(chance.may(0.15) && {
      maxStoredBytes: chance.pick([1_500, 5_000, 20_000]),
      whenFull: chance.pick(["decimate", "drop-oldest-metrics"] as const),
    }),
  };
}
