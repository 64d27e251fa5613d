/** What the pages of the tests can do; the tests call `lab` from outside. */
import type { Run, Tracker, TrackerOptions } from "tracklet";
import { openTracker } from "tracklet/browser";
import { indexedDbQueue } from "tracklet/queue/indexeddb";
import { hastyClock } from "../../support/hasty-clock.ts";
import { announcing } from "./announcing.ts";

/** Where a page of the tests tracks to. */
interface LabOptions extends Pick<TrackerOptions, "trackingUri" | "delivery" | "partition" | "auth"> {
  /** Times as fast as the real one is the clock of the page. @default 1 */
  readonly haste?: number;
  /** Tell the test of each put. */
  readonly announce?: boolean;
  /** Stand still in the put with this number, which is told before. */
  readonly freezeAt?: number;
}

/** How a page works until it is killed. */
interface Work {
  readonly run: string;
  /** Points that are logged between two flushes, at most. */
  readonly points: number;
  /** Bytes of an artifact that is logged now and then. */
  readonly artifact: number;
}

/** Tells the test something at once, also when the page is killed in the next moment. */
function announce(text: string): void {
  (globalThis as { announce?: (text: string) => void }).announce?.(text);
}

class Lab {
  #tracker: Tracker | undefined;
  readonly runs: Map<string, Run> = new Map();
  readonly problems: { kind: string; message: string }[] = [];

  get tracker(): Tracker {
    if (!this.#tracker) throw new Error("Cannot use the tracker of the page before it is open");
    return this.#tracker;
  }

  async open({ announce: told = false, freezeAt, haste, delivery, ...options }: LabOptions): Promise<void> {
    this.#tracker = await openTracker({
      ...options,
      experiment: "lab",
      ...(haste !== undefined && { runtime: { clock: hastyClock(haste) } }),
      ...(told && { queue: announcing(indexedDbQueue({ name: `announced ${options.trackingUri}` }), freezeAt) }),
      delivery: { flushInterval: 100, ...delivery },
      onProblem: ({ kind, message }) => this.problems.push({ kind, message }),
    });
  }

  /** What a logout does. */
  async close(): Promise<void> {
    await this.tracker.close();
    this.runs.clear();
  }

  /** A run by its name; started at its first use. */
  run(name: string): Run {
    const run = this.runs.get(name) ?? this.tracker.startRun({ name });
    this.runs.set(name, run);
    return run;
  }

  /** Logs the points `from` to `to`, each with its number as its value. */
  log(name: string, from: number, to: number, key = "loss"): void {
    const run = this.run(name);
    for (let step = from; step <= to; step++) run.logMetric(key, step, { step });
  }

  /** Logs points in turn to some runs, and makes all durable now and then. */
  async fill({ points, runs, flushEvery }: { points: number; runs: number; flushEvery: number }): Promise<void> {
    for (let step = 0; step < points; step++) {
      this.run(`run ${step % runs}`).logMetric("loss", 1 / (step + 1), {
        step,
        timestamp: 1_700_000_000_000 + step * 10,
      });
      if ((step + 1) % flushEvery === 0) await this.tracker.flush({ until: "durable" });
    }
    await this.tracker.flush({ until: "durable" });
  }

  /** Logs without an end, and announces what is durable, as `durable <run> <points> <artifacts>`. */
  async work({ run: name, points, artifact }: Work): Promise<never> {
    announce(`started ${name}`);
    const run = this.run(name);
    let last = 0;
    let artifacts = 0;
    for (let round = 1; ; round++) {
      const count = Math.ceil(Math.random() * points);
      this.log(name, last + 1, last + count);
      last += count;
      run.setTag("progress", String(last));
      if (round % 3 === 0) {
        await run.logText(`${name} ${artifacts + 1}\n`.padEnd(artifact, "."), `file-${artifacts + 1}.txt`);
        artifacts++;
      }
      await this.tracker.flush({ until: "durable" });
      announce(`durable ${name} ${last} ${artifacts}`);
      // Until the browser has drawn, as a page that trains step by step does.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    }
  }
}

/** The upgrade of a next version: it goes through the state so often that there is time for a kill. */
async function pretendUpgrade(transaction: Upgrade, before: number): Promise<void> {
  if (before === 0) return;
  announce("upgrading");
  const state = transaction.objectStore("state");
  for (let n = 0; n < 2_000; n++) await state.put(await state.get("state"), "state");
  announce("upgraded");
}

interface Upgrade {
  objectStore(name: string): { get(key: string): Promise<unknown>; put(value: unknown, key: string): Promise<unknown> };
}

Object.assign(globalThis, { lab: new Lab(), pretendUpgrade });

declare global {
  /** The program of the page. */
  var lab: Lab;
}
