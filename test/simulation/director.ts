import type { StoredChunk } from "../../src/queue/chunk/stored-chunk.ts";
import type { DeliveryOptions } from "../../src/queue/types.ts";
import type { OracleState } from "./oracle/state.ts";
import { isGivenUp } from "./checks/checks.ts";
import { deliveryOf, Workload } from "./workload.ts";
import { Pages } from "./pages.ts";
import { Persons } from "./persons.ts";
import { Chance } from "./world/chance.ts";
import type { SimProcess } from "./world/process.ts";
import type { World } from "./world/world.ts";

const MOST_PROCESSES = 3;
const DAY = 86_400_000;

/** Plays a seed: the calls of the processes, and what befalls them, the disk and the server. */
export class Director {
  readonly workload: Workload;
  /** Operations of the disk before the weather cleared. */
  operations = 0;
  /** The process that drains at the end. */
  final: SimProcess | undefined;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #delivery: DeliveryOptions;
  readonly #persons: Persons;
  readonly #pages: Pages;
  #backup: OracleState | undefined;
  /** What this seed may do to its world. */
  readonly #events: readonly (readonly [number, () => void])[];

  constructor(world: World) {
    this.#world = world;
    this.#chance = new Chance(world.seed, "director");
    const chance = this.#chance;
    this.#delivery = deliveryOf(chance, world.weather.hold);
    this.#persons = new Persons(world, () => this.#some());
    this.#pages = new Pages(
      world,
      () => this.#some(),
      () => this.#awake(),
    );
    this.workload = new Workload(world, this.#delivery.batchSize);
    if (chance.may(0.15) && !world.plan) world.bodyLimit = chance.pick([1_500, 4_000, 20_000]);
    const maybe = (share: number, weight: number, event: () => void): [number, () => void] => [
      chance.may(share) ? weight : 0,
      event,
    ];
    this.#events = [
      maybe(0.5, 3, () => this.#crash()),
      maybe(0.35, 3, () => this.#another()),
      maybe(0.3, 3, () => this.#stall()),
      maybe(0.3, 2, () => this.#takeLock()),
      maybe(0.5, 3, () => this.#jump()),
      maybe(0.5, 3, () => this.#diskFault()),
      maybe(0.4, 3, () => this.#outage()),
      maybe(0.1, 2, () => this.#restoreServer()),
      maybe(0.25, 2, () => this.#deleteRun()),
      maybe(0.1, 2, () => this.#revoke()),
      maybe(0.2, 2, () => this.#pause()),
      maybe(0.5, 2, () => this.#goOn()),
      [4, () => this.#flush()],
      [2, () => this.#hide()],
    ];
  }

  async play(operations: number): Promise<void> {
    const { timeline, plan } = this.#world;
    this.#open();
    if (plan && (plan.manner ?? "alone") !== "alone") this.#open();
    for (let n = 0; n < operations; n++) {
      const what = this.#chance.weighted([
        [70, "step"],
        [20, "wait"],
        [this.#world.plan ? 0 : 5, "event"],
      ] as const);
      if (what === "wait") await timeline.pass(this.#chance.pick([0, 5, 40, 300, 300, 1_200, 1_200, 6_000, 40_000]));
      else if (what === "event") this.#chance.weighted(this.#events)();
      else this.workload.step(this.#some());
      this.#persons.mayAct();
      this.#pages.mayAct();
      for (const process of this.#world.live) this.#world.checks.figures(process);
    }
  }

  /** Lets the weather clear and everything be delivered. */
  async finish(): Promise<void> {
    const world = this.#world;
    const { timeline, network, book, server } = world;
    this.operations = world.disk.operations;
    network.calm = true;
    network.down = false;
    world.disk.faults = [];
    world.note("the weather clears");
    for (const process of world.live) {
      process.comeBack();
      process.queue.resume();
    }
    await timeline.pass(world.weather.hold + 10_000);
    world.revoked.clear();
    for (const run of book.runs.values()) {
      if (run.blocked === "revoked") run.blocked = undefined;
      if (run.blocked === "deleted" && this.#chance.may(0.5)) {
        for (const runId of run.personDeleted) await server.setDeleted(runId, false);
        run.blocked = undefined;
      }
    }
    for (const run of book.runs.values())
      if (run.created && !run.ended && !run.maker && this.#chance.may(0.8)) this.workload.end(this.#some(), run);
    // One of those that live drains the rest, or a new one.
    const heir = this.#chance.may(0.7) ? this.#chance.pick(world.live) : undefined;
    for (const process of world.live) if (process !== heir) await process.close();
    this.final = heir ?? world.start(this.#delivery);
    await this.#drain(this.final);
    await this.#mended();
    // The run of a dead process may have been ended just now.
    if (this.#left().length > 0) await this.#drain(this.final);
  }

  /** Until nothing is in doubt: a request that its sender gave up is on its way for a request time-out at most. */
  async #mended(): Promise<void> {
    const { timeline, disk, checks } = this.#world;
    const doubts = async (): Promise<readonly unknown[]> =>
      (JSON.parse((await disk.store.note()) ?? "{}") as { doubts?: unknown[] }).doubts ?? [];
    const wait = 1.1 * (this.#delivery.requestTimeout ?? 120_000);
    for (let round = 0; round < 20 && (await doubts()).length > 0; round++) await timeline.pass(wait);
    const blocks = (doubt: unknown): boolean => this.#isBlocked(String((doubt as unknown[])[0]));
    // A day: by chance some looks fail in a row, and each is followed by a longer pause.
    for (let passed = 0; passed < DAY && !(await doubts()).every(blocks); passed += wait) await timeline.pass(wait);
    const left = (await doubts()).filter((doubt) => !blocks(doubt));
    if (left.length > 0) checks.fail(`doubts are left for ever: ${JSON.stringify(left)}`);
  }

  #isBlocked(localId: string): boolean {
    return this.#world.book.runs.get(localId)?.blocked !== undefined;
  }

  /** Runs of which something waits that can be sent. */
  #left(): readonly string[] {
    return this.#sendable().map(({ run }) => run);
  }

  /** What a person gave up is dropped, which nothing blocks. */
  #sendable(): readonly StoredChunk[] {
    const { book, disk } = this.#world;
    return [...disk.store.chunks.values()].filter(
      (chunk) => !this.#isBlocked(chunk.run) || isGivenUp(book.runs.get(chunk.run)!, chunk),
    );
  }

  async #drain({ queue }: SimProcess): Promise<void> {
    const { timeline } = this.#world;
    // More than a day: what always fails while nothing of its kind goes through, as points of which none is kept, is given that.
    for (let round = 0; round < 100; round++) {
      queue.resume();
      // Not for what is left of earlier ones alone, or there would be something left for ever.
      if (round > 2 && !this.#left().every((run) => this.workload.isBeacon(run))) this.workload.beacon(this.final!);
      const flushed = await timeline.settles(queue.flush({ timeout: 900_000 }), 1_000_000);
      if (!flushed) this.#world.checks.fail("flush() does not settle within its timeout");
      if (this.#left().length === 0) return;
      await timeline.pass(60_000);
    }
    for (const chunk of this.#sendable()) {
      this.#world.checks.fail(`${chunk.kind} chunk ${chunk.order} of run ${chunk.run} waits for ever`);
    }
  }

  #open(): SimProcess {
    const process = this.#world.start(this.#delivery);
    if (this.#chance.may(0.1)) process.clock.grain = 1_000;
    void process.queue.flush({ timeout: 1_000 });
    return process;
  }

  #some(): SimProcess {
    const { live } = this.#world;
    const awake = live.filter(({ stalled }) => !stalled);
    if (awake.length > 0) return this.#chance.pick(awake);
    if (live.length === 0) return this.#open();
    live[0]!.comeBack();
    return live[0]!;
  }

  /** Starts another process where none goes on, if there may be one more. */
  #awake(): void {
    if (this.#world.live.every(({ stalled }) => stalled) && this.#world.live.length < MOST_PROCESSES) this.#open();
  }

  #crash(): void {
    const process = this.#some();
    this.#world.note(() => `${process.name} crashes`);
    process.crash();
    if (this.#world.live.length === 0) this.#open();
  }

  #another(): void {
    if (this.#world.live.length < MOST_PROCESSES) this.#open();
  }

  #stall(): void {
    const process = this.#some();
    this.#world.note(() => `${process.name} stops`);
    process.stall();
    this.#world.timeline.after(this.#chance.fraction() * this.#chance.pick([2_000, 30_000, 120_000]), () => {
      this.#world.note(() => `${process.name} goes on`);
      process.proceed();
    });
    this.#awake();
  }

  #takeLock(): void {
    const from = this.#world.sharing.take();
    if (from) this.#world.note(() => `${from.name} loses its lock`);
  }

  #jump(): void {
    const process = this.#some();
    const ms = this.#chance.pick([-86_400_000, -60_000, 5_000, 3_600_000, 86_400_000 * 400]);
    this.#world.note(() => `the clock of ${process.name} jumps by ${ms} ms`);
    process.clock.offset += ms;
  }

  #diskFault(): void {
    const { disk } = this.#world;
    const fault = {
      from: disk.operations + this.#chance.int(1, 30),
      count: this.#chance.int(1, 4),
      after: this.#chance.may(0.5),
      puts: this.#chance.may(0.5),
    };
    this.#world.note(() => `the disk will fail ${JSON.stringify(fault)}`);
    disk.faults = [...disk.faults, fault];
  }

  #outage(): void {
    const { network, timeline } = this.#world;
    const ms = this.#chance.pick([500, 10_000, 300_000]);
    this.#world.note(() => `the network is down for ${ms} ms`);
    network.down = true;
    timeline.after(ms, () => {
      network.down = false;
      for (const process of this.#world.live) process.deliver(() => process.runtime.online.set(true));
    });
  }

  #restoreServer(): void {
    const { server, book, disk, network, timeline, checks } = this.#world;
    if (!this.#backup) {
      this.#backup = server.backup();
      this.#world.note("the server is backed up");
      return;
    }
    this.#world.note("the server is restored");
    network.reset();
    for (const id of server.restore(this.#backup)) checks.lostRuns.add(id);
    checks.restoredAt = timeline.now;
    for (const run of book.runs.values()) {
      const runId = disk.store.runIds.get(run.localId);
      run.restored = true;
      if (runId === undefined || !checks.lostRuns.has(runId)) continue;
      run.cause = run.blocked = "lost";
    }
    this.#backup = undefined;
  }

  #deleteRun(): void {
    const { disk, book } = this.#world;
    const [localId, runId] = this.#chance.pick([...disk.store.runIds, ["", ""]]);
    const run = book.runs.get(localId!);
    if (!run || run.maker || run.blocked !== undefined || runId === undefined) return;
    void this.#world.deleteRun(run, runId);
  }

  #revoke(): void {
    const { disk, book, revoked } = this.#world;
    const [localId, runId] = this.#chance.pick([...disk.store.runIds, ["", ""]]);
    const run = book.runs.get(localId!);
    if (!run || run.maker || run.blocked !== undefined || runId === undefined) return;
    run.cause = run.blocked = "revoked";
    revoked.add(runId);
  }

  #pause(): void {
    const process = this.#some();
    this.#world.note(() => `${process.name} pause`);
    process.queue.pause();
    this.#world.timeline.after(this.#chance.fraction() * 20_000, () => process.deliver(() => process.queue.resume()));
  }

  /** A person says that parked runs can go on. */
  #goOn(): void {
    const process = this.#some();
    this.#world.note(() => `${process.name} resume`);
    process.queue.resume();
  }

  #hide(): void {
    const process = this.#some();
    this.#world.note(() => `${process.name} hidden`);
    process.runtime.lifecycle.hide();
  }

  #flush(): void {
    const process = this.#some();
    if (this.#chance.may(0.5)) {
      this.#world.note(() => `${process.name} flush`);
      void process.queue.flush({ timeout: this.#chance.pick([100, 5_000, 100_000]) });
      return;
    }
    const { timeline, book } = this.#world;
    const { calls } = book;
    const since = timeline.now;
    this.#world.note(() => `${process.name} flush durable`);
    void process.queue.flush({ until: "durable" }).then(() => {
      // An error in between is reported as a problem, and leaves what was logged in memory.
      if (process.failedAt < since) process.durableUntil = Math.max(process.durableUntil, calls);
    });
  }
}
