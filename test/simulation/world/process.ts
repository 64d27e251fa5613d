import { createClient } from "../../../src/client/client.ts";
import { createQueue } from "../../../src/queue/create-queue.ts";
import { ENDED_BY_TAG } from "../../../src/queue/lead/ended-by.ts";
import type { DeliveryClient } from "../../../src/queue/send/delivery-client.ts";
import type { QueueStore } from "../../../src/queue/storage.ts";
import type { Queue } from "../../../src/queue/queue.ts";
import type { DeliveryOptions, Problem } from "../../../src/queue/types.ts";
import type { Clock, Timer } from "../../../src/runtime/ports/clock.ts";
import { type ManualRuntime, manualRuntime } from "../../support/manual-runtime.ts";
import { Chance } from "./chance.ts";
import { lightClient } from "./light-transport.ts";
import type { World } from "./world.ts";

const EPOCH = 1_700_000_000_000;

/** Wall time that may jump, and timers of one process. */
class ProcessClock implements Clock {
  /** Milliseconds that the wall clock is off. */
  offset = 0;
  readonly #process: SimProcess;
  /** Timers fire on full multiples of this only, as those of a hidden page do. */
  grain = 1;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  now(): number {
    return Math.floor(EPOCH + this.offset + this.#process.world.timeline.now);
  }

  monotonic(): number {
    return this.#process.world.timeline.now - this.#process.startedAt;
  }

  after(ms: number, callback: () => void): Timer {
    const { timeline } = this.#process.world;
    const at = Math.ceil((timeline.now + ms) / this.grain) * this.grain;
    let over = false;
    const fire = (): void => {
      if (!over) callback();
    };
    const off = timeline.after(this.grain > 1 ? at - timeline.now : ms, () => this.#process.deliver(fire));
    return {
      cancel: () => {
        over = true;
        off();
      },
    };
  }
}

/** A process, tab or worker with a queue of its own over the disk that all share. */
export class SimProcess {
  readonly world: World;
  readonly name: string;
  readonly startedAt: number;
  readonly clock: ProcessClock;
  readonly runtime: ManualRuntime;
  readonly queue: Queue;
  readonly problems: Problem[] = [];
  alive = true;
  /** It is a page that was frozen or cached, and did not come back. */
  resting = false;
  crashedAt: number | undefined;
  /** Time of its latest disk error. */
  failedAt: number = Number.NEGATIVE_INFINITY;
  /** Time of its latest stop. */
  stalledAt: number = Number.NEGATIVE_INFINITY;
  /** Calls up to this one are said to be durable. */
  durableUntil = 0;
  readonly flushInterval: number;
  /** What it has in common with others beside the disk. */
  readonly sharing: Pick<QueueStore, "locks" | "broadcast">;
  #stalled: (() => void)[] | undefined;

  constructor(world: World, name: string, delivery: DeliveryOptions) {
    this.world = world;
    this.name = name;
    this.startedAt = world.timeline.now;
    this.flushInterval = delivery.flushInterval ?? 1_000;
    this.clock = new ProcessClock(this);
    const chance = new Chance(world.seed, name);
    const manual = manualRuntime({
      random: {
        fraction: () => chance.fraction(),
        bytes: (length) => Uint8Array.from({ length }, () => chance.int(0, 255)),
      },
    });
    this.runtime = { ...manual, clock: this.clock as never };
    const broken = chance.may(0.05);
    this.sharing = { locks: world.sharing.locksOf(this, broken), broadcast: world.sharing.broadcastOf(this) };
    const client = world.whole ? this.#wholeClient() : lightClient(this, this.runtime);
    this.queue = createQueue({
      storage: world.disk.storageOf(this, (store) => world.mutant.store?.(store, world) ?? store),
      client: async () => world.mutant.client?.(client) ?? client,
      runtime: this.runtime,
      delivery,
      onProblem: (problem) => {
        this.problems.push(problem);
        world.note(() => `${name} problem ${problem.kind}: ${problem.message}`);
      },
    });
    this.#countOwn();
  }

  /** What the queue itself asks for when a page comes back and finds that its runs were ended: nobody logged that. */
  #countOwn(): void {
    const { queue, world } = this;
    const deleteTag = queue.deleteTag.bind(queue);
    const updateRun = queue.updateRun.bind(queue);
    let taken: string | undefined;
    queue.deleteTag = (run, key) => {
      taken = key === ENDED_BY_TAG ? run : undefined;
      if (taken !== undefined) world.book.requests++;
      deleteTag(run, key);
    };
    queue.updateRun = (run, change) => {
      // In the same breath as its tag goes.
      if (run === taken && change.status === "RUNNING") world.book.requests++;
      taken = undefined;
      updateRun(run, change);
    };
  }

  /** Lets something from outside reach this process: not when it is dead, later when it is stopped. */
  deliver(event: () => void): void {
    if (!this.alive) return;
    if (this.#stalled) this.#stalled.push(event);
    else event();
  }

  get stalled(): boolean {
    return this.#stalled !== undefined;
  }

  diskFailed(_operation: string): void {
    this.failedAt = this.world.timeline.now;
  }

  /** Stops it, as SIGSTOP and a frozen tab do. */
  stall(): void {
    this.#stalled ??= [];
    this.stalledAt = this.world.timeline.now;
  }

  /** Goes on. */
  proceed(): void {
    const events = this.#stalled ?? [];
    if (this.#stalled) this.stalledAt = this.world.timeline.now;
    this.#stalled = undefined;
    for (const event of events) this.deliver(event);
  }

  /** Its page is frozen, or goes into the cache. */
  rest(how: "frozen" | "cached"): void {
    this.resting = true;
    this.runtime.lifecycle.hide(how);
  }

  /** Its page is shown again, if it was not. */
  comeBack(): void {
    this.proceed();
    if (!this.resting) return;
    this.resting = false;
    this.runtime.lifecycle.show();
  }

  /** Ends it at once: only what the disk has is left. */
  crash(): void {
    this.alive = this.resting = false;
    this.crashedAt = this.world.timeline.now;
    this.world.disk.crash(this);
    this.world.sharing.forget(this);
  }

  #wholeClient(): DeliveryClient {
    const fetch = (request: Request): Promise<Response> => this.world.network.fetch(this, request);
    return createClient({ trackingUri: "http://sim.test", fetch, runtime: this.runtime });
  }

  /** Ends it in good order. */
  async close(): Promise<void> {
    const closing = this.queue.close({ timeout: 5_000 });
    await this.world.timeline.settles(closing, 60_000);
    this.alive = false;
    this.world.sharing.forget(this);
  }
}
