import type { SimProcess } from "./world/process.ts";
import type { RunBook } from "./checks/book.ts";
import { item } from "./checks/items.ts";
import { Chance } from "./world/chance.ts";
import type { World } from "./world/world.ts";

/** Of so many seeds, those in which persons act: none that `simulate.test.ts` and `mutants.ts` named before there were any, so that each goes as it went. */
const CYCLE = 13;
const ACTIVE: readonly number[] = [0, 4];

/** Above the steps of the workload. */
const STEPS = 1_000_000;

/** What persons do with what the server refuses: by the hands of any process, whoever logged it. */
export class Persons {
  readonly #world: World;
  readonly #some: () => SimProcess;
  readonly #chance: Chance;
  readonly #acts: boolean;
  #steps = 0;

  /** `some` gives a process that is awake. */
  constructor(world: World, some: () => SimProcess) {
    this.#world = world;
    this.#some = some;
    this.#chance = new Chance(world.seed, "persons");
    this.#acts = !world.plan && ACTIVE.includes(world.seed % CYCLE);
  }

  /** May do something, once between two operations. */
  mayAct(): void {
    if (!this.#acts || !this.#chance.may(0.08)) return;
    this.#chance.weighted([
      [8, () => this.#refused()],
      [6, () => this.#quarantined("retry", false)],
      [3, () => this.#quarantined("retry", true)],
      [2, () => this.#quarantined("discard", true)],
      [1, () => this.#quarantined("discard", false)],
      [2, () => this.#delete()],
      [3, () => this.#discardRun(({ blocked }) => blocked !== undefined)],
      [1, () => this.#discardRun(() => true)],
    ] as const)();
  }

  /** Logs what the server will refuse: otherwise there is little of it. */
  #refused(): void {
    const process = this.#some();
    const known = [...this.#world.book.runs.values()].filter(
      ({ localId, created, maker }) => !maker && (created || localId.startsWith(`${process.name}-`)),
    );
    if (known.length === 0) return;
    const run = this.#chance.pick(known);
    const { book } = this.#world;
    this.#world.note(() => `${process.name} logs what is refused to ${run.localId}`);
    if (this.#chance.may(0.3)) {
      book.requests++;
      book.log(process, run, item.param("bad!", "1"));
      process.queue.logParam(run.localId, "bad!", "1");
      return;
    }
    for (let count = this.#chance.int(1, 3); count > 0; count--) {
      const step = STEPS + ++this.#steps;
      book.points++;
      book.log(process, run, item.point("bad!", step, step, 1));
      process.queue.logMetric(run.localId, "bad!", 1, step, step);
    }
  }

  /** Tries again, or forgets, `one` or all. A process may die on the way, and the disk fail. */
  #quarantined(what: "retry" | "discard", one: boolean): void {
    const { queue, name } = this.#some();
    this.#world.note(() => `${name} ${what} ${one ? "one" : "all"}`);
    const act = async (): Promise<void> => {
      const quarantine = await queue.quarantine();
      let id: string | undefined;
      if (one) {
        for await (const item of quarantine.list()) if (id === undefined || this.#chance.may(0.3)) ({ id } = item);
        if (id === undefined) return;
      }
      await quarantine[what](id);
    };
    act().catch((error: unknown) => this.#world.note(() => `${name} ${what} fails: ${String(error)}`));
  }

  #delete(): void {
    const { disk, book } = this.#world;
    const [localId, runId] = this.#chance.pick([...disk.store.runIds, ["", ""]]);
    const run = book.runs.get(localId!);
    if (!run || run.maker || run.blocked !== undefined || runId === undefined) return;
    void this.#world.deleteRun(run, runId);
  }

  /** Gives up a run: mostly one that cannot be written. */
  #discardRun(which: (run: RunBook) => boolean): void {
    const found = [...this.#world.book.runs.values()].filter((run) => !run.maker && which(run));
    if (found.length === 0) return;
    const { localId } = this.#chance.pick(found);
    const { queue, name } = this.#some();
    this.#world.note(() => `${name} discardRun ${localId}`);
    queue
      .discardRun(localId, { timeout: 60_000 })
      .catch((error: unknown) => this.#world.note(() => `${name} discardRun fails: ${String(error)}`));
  }
}
