import { isCreation } from "../../../src/queue/chunk/is-creation.ts";
import { isEnd } from "../../../src/queue/chunk/request.ts";
import type { MetricColumns } from "../../../src/queue/chunk/columns.ts";
import type { RunMapping } from "../../../src/queue/run-mapping.ts";
import type { StoredChunk } from "../../../src/queue/chunk/stored-chunk.ts";
import type { DiskWatcher } from "../world/disk.ts";
import { isRead } from "../world/request-kind.ts";
import type { Sent } from "../world/trip.ts";
import type { SimProcess } from "../world/process.ts";
import type { World } from "../world/world.ts";
import type { Fate, RunBook } from "./book.ts";
import { contentOf } from "./items.ts";

/** An item of a log-batch request. */
interface SentItem {
  readonly key: string;
  readonly value: string | number;
  readonly timestamp?: number;
  readonly step?: number;
}

const MOST = 20;
/** Milliseconds after which negative evidence counts. */
const SETTLED = 5_000;

/** What must hold at every moment: looked at whenever something is put, sent, processed or taken off the disk. */
export class Checks implements DiskWatcher {
  readonly violations: string[] = [];
  readonly quarantined: { points: number; requests: number } = { points: 0, requests: 0 };
  /** Runs that went with a restored server. */
  readonly lostRuns: Set<string> = new Set();
  /** Time at which the server was last restored: answers of before may be on their way. */
  restoredAt: number = Number.NEGATIVE_INFINITY;
  readonly #world: World;
  /** Places of chunks that a leader read when their run was given up already. */
  readonly #barred = new Set<number>();

  constructor(world: World) {
    this.#world = world;
  }

  fail(message: string): void {
    this.#world.note(() => `VIOLATION ${message}`);
    if (this.violations.length < MOST) this.violations.push(message);
  }

  /** The simulator itself, or something that nobody caught. */
  broken(error: unknown): void {
    this.fail(
      `an error that nobody caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  put(chunk: StoredChunk): void {
    const run = this.#run(chunk);
    if (!run) {
      this.fail(`a chunk of run ${chunk.run}, which nobody logged to, is on the disk`);
      return;
    }
    this.#world.note(
      () =>
        `put chunk ${chunk.order} (${chunk.sequence} of ${chunk.writer.slice(-4)}) ${chunk.kind} of ${chunk.run} (${chunk.count}${chunk.sealed ? "" : ", open"})`,
    );
    if (chunk.kind === "discard") {
      run.discardedTo = chunk.order;
      run.cause = run.blocked = "discarded";
    }
    if (isCreation(chunk.kind)) run.created = true;
    // The end that the queue itself gave to the run of a dead process.
    if (chunk.writer.endsWith("-recovery")) this.#world.book.requests += chunk.count;
    if (chunk.kind === "metrics") return;
    for (const [field, value] of contentOf(chunk).state) {
      const before = run.state.get(field);
      if (!before || before.order <= chunk.order) run.state.set(field, { order: chunk.order, value });
    }
  }

  sealed(chunk: StoredChunk): void {
    const run = this.#run(chunk);
    if (run && isGivenUp(run, chunk)) this.#barred.add(chunk.order);
  }

  mapped({ localId, runId }: RunMapping): void {
    const run = this.#world.book.runs.get(localId);
    if (!run) this.fail(`run ${localId}, which nobody logged to, is mapped`);
    else if (this.lostRuns.has(runId)) run.cause = run.blocked = "lost";
  }

  left(chunk: StoredChunk, as: Fate, mapping?: RunMapping): void {
    const run = this.#run(chunk);
    if (!run) return;
    const { items } = contentOf(chunk);
    for (const process of this.#world.live) this.figures(process);
    this.#world.note(() => `${as} chunk ${chunk.order} ${chunk.kind} of ${chunk.run} (${chunk.count})`);
    if (as === "quarantined") {
      this.quarantined[chunk.kind === "metrics" ? "points" : "requests"] += chunk.count;
      this.#quarantined(run, chunk);
    }
    this.#settle(run, items, as);
    if (as === "dropped" && chunk.kind !== "metrics" && !isGivenUp(run, chunk)) {
      this.fail(`${chunk.kind} chunk ${chunk.order} of run ${chunk.run} was dropped, and nobody gave it up`);
    }
    if (isCreation(chunk.kind) && as === "acknowledged" && !mapping && !this.#world.disk.store.runIds.has(chunk.run)) {
      this.fail(`the create of run ${chunk.run} is acknowledged without a mapping`);
    }
  }

  released(chunk: StoredChunk): void {
    this.#world.note(() => `released as chunk ${chunk.order} ${chunk.kind} of ${chunk.run} (${chunk.count})`);
    this.#aside(chunk, (run, name) => {
      run.settled.set(name, (run.settled.get(name) ?? 0) - 1);
      if (run.fates.get(name) === "quarantined") run.fates.delete(name);
    });
  }

  discarded(chunk: StoredChunk): void {
    this.#world.note(() => `discarded chunk ${chunk.order} ${chunk.kind} of ${chunk.run} (${chunk.count})`);
    this.#aside(chunk, (run, name) => {
      if (run.fates.get(name) === "quarantined") run.fates.set(name, "dropped");
    });
  }

  /** A process is asked for its figures: none is below 0. */
  figures({ name, queue }: SimProcess): void {
    const status = queue.status();
    for (const figure of ["waiting", "inFlight", "parked", "delivered", "quarantined", "dropped"] as const) {
      const { points, requests } = status[figure];
      if (points < 0 || requests < 0) this.fail(`${name} counts ${points} points and ${requests} requests ${figure}`);
    }
  }

  replaced(parent: StoredChunk, children: readonly StoredChunk[], rest: "delivered" | "dropped"): void {
    const run = this.#run(parent);
    if (!run) return;
    const kept = new Set(children.flatMap((child) => contentOf(child).items));
    const gone = contentOf(parent).items.filter((name) => !kept.has(name));
    this.#world.note(
      () => `replaced chunk ${parent.order} ${parent.kind} by ${children.length}, ${gone.length} ${rest}`,
    );
    this.#settle(run, gone, rest === "delivered" ? "acknowledged" : "dropped");
  }

  /** A request leaves a process. */
  sending(sent: Sent): void {
    const { kind, process, body } = sent;
    const { disk } = this.#world;
    if (!isRead(kind) && disk.leader !== process) {
      this.fail(`request ${sent.number}, ${kind}, is sent by ${process.name} while ${disk.leader?.name} leads`);
    }
    if (isCreationRequest(sent)) this.#createdAgain(sent);
    if (isCreationRequest(sent) && disk.leader === process) this.#createdInVain(sent);
    if (isEndRequest(sent)) this.#ends(sent);
    if (kind !== "metrics" && kind !== "params" && kind !== "tags") return;
    const localId = disk.store.localIds.get(String(body["run_id"]));
    if (kind === "metrics") this.#shape(sent);
    if (localId === undefined || disk.leader !== process) return;
    let barred = 0;
    for (const chunk of disk.store.chunks.values()) {
      if (chunk.kind !== kind || !chunk.sealed || !this.#goesTo(chunk.run, localId)) continue;
      if (!sends(chunk, sent)) continue;
      if (!this.#barred.has(chunk.order)) return;
      barred = chunk.order;
    }
    const what = `request ${sent.number} sends ${kind} of run ${localId}`;
    if (barred > 0) this.fail(`${what}, chunk ${barred}, that was given up before it was read`);
    else this.fail(`${what} that are no sealed chunk of the disk`);
  }

  /** A request reaches the server. */
  arriving(sent: Sent): void {
    const { kind, process } = sent;
    const { now: at } = this.#world.timeline;
    const run = this.#world.runOf(sent);
    if ((kind === "search runs" || kind === "search models") && run) run.looked = { at, process };
    if (run && isEndRequest(sent)) run.ends.push({ at, process });
  }

  /** The end of a run comes after all that was logged before it. */
  #ends(sent: Sent): void {
    const { disk } = this.#world;
    const run = this.#world.runOf(sent);
    if (!run || run.cause !== undefined || disk.leader !== sent.process) return;
    const waiting = [...disk.store.chunks.values()].filter((chunk) => chunk.run === run.localId);
    const end = Math.min(...waiting.filter(isEndChunk).map(({ order }) => order));
    const before = waiting.find(({ order, kind }) => order < end && kind !== "update");
    if (end < Number.POSITIVE_INFINITY && before) {
      this.fail(`request ${sent.number} ends run ${run.localId} while its ${before.kind} chunk ${before.order} waits`);
    }
  }

  /** After a create of which nobody knows whether it arrived, only a look after the settle delay counts. */
  #createdAgain(sent: Sent): void {
    const { createFailed: failed, looked, localId } = this.#world.runOf(sent) ?? {};
    // One with other tags follows a refusal, which the one before would have met as well.
    if (failed?.process !== sent.process || failed.text !== sent.text) return;
    if (looked?.process === sent.process && looked.at >= failed.at + SETTLED) return;
    this.fail(`request ${sent.number} creates run ${localId} again without a look that counts`);
  }

  /** Nothing is made any more of what was given up. */
  #createdInVain(sent: Sent): void {
    const { localId } = this.#world.runOf(sent) ?? {};
    for (const { run, kind, order } of this.#world.disk.store.chunks.values()) {
      if (run !== localId || !isCreation(kind) || !this.#barred.has(order)) continue;
      this.fail(`request ${sent.number} creates run ${localId}, chunk ${order}, that was given up before`);
    }
  }

  /** A process hears that a request failed. */
  failed(sent: Sent): void {
    const run = isCreationRequest(sent) ? this.#world.runOf(sent) : undefined;
    if (run) run.createFailed = { at: this.#world.timeline.now, process: sent.process, text: sent.text };
  }

  /** What every MLflow takes twice. */
  #shape({ body, number }: Sent): void {
    const metrics = body["metrics"] as readonly { key: string; value: unknown }[];
    const keys = new Set(metrics.map(({ key }) => key));
    if (metrics.length > 1_000 || keys.size > 100) this.fail(`request ${number} is larger than MLflow takes`);
    if (new Set(metrics.slice(0, 100).map(({ key }) => key)).size < keys.size) {
      this.fail(`request ${number} has a key that is not among its first 100 rows`);
    }
    const nans = metrics.filter(({ value }) => value === "NaN").length;
    if (nans > 0 && nans < metrics.length)
      this.fail(`request ${number} mixes NaN with values, which MLflow 2.22 refuses when repeated`);
  }

  #settle(run: RunBook, items: readonly string[], fate: Fate): void {
    const { disk, server } = this.#world;
    const runId = disk.store.runIds.get(run.localId);
    const excused = run.restored && this.#world.timeline.now < this.restoredAt + 60_000;
    for (const name of items) {
      run.fates.set(name, run.fates.get(name) === "acknowledged" ? "acknowledged" : fate);
      const times = (run.settled.get(name) ?? 0) + 1;
      run.settled.set(name, times);
      const calls = run.logged.get(name)?.length ?? 0;
      if (times === calls + 1 && calls > 0 && !name.startsWith("param"))
        this.fail(`"${name}" of run ${run.localId} was logged ${calls} times and ${fate} once more`);
      if (!run.logged.has(name)) this.fail(`"${name}" of run ${run.localId} was never logged`);
      const there = runId === undefined ? false : server.has(runId, name);
      if (fate === "acknowledged" && there === false && !excused) {
        this.fail(`"${name}" of run ${run.localId} left the disk as delivered and is not on the server`);
      } else if (
        fate === "dropped" &&
        there === true &&
        run.fates.get(name) !== "acknowledged" &&
        // What came to the server before a person gave it up stays as it is.
        run.discardedTo === undefined
      ) {
        this.fail(`"${name}" of run ${run.localId} was counted as dropped and is on the server`);
      }
    }
  }

  /** What leaves quarantine. */
  #aside(chunk: StoredChunk, each: (run: RunBook, name: string) => void): void {
    this.quarantined[chunk.kind === "metrics" ? "points" : "requests"] -= chunk.count;
    const run = this.#run(chunk);
    if (run) for (const name of contentOf(chunk).items) each(run, name);
  }

  #quarantined(run: RunBook, chunk: StoredChunk): void {
    const { items, state } = contentOf(chunk);
    const { disk, server } = this.#world;
    const runId = disk.store.runIds.get(run.localId) ?? "";
    for (const name of [...items, ...state.map(([field]) => field)]) {
      const [kind, key = ""] = name.split(" ");
      const refused = key.includes("!") || key === "poison";
      const conflict =
        kind === "param" && server.has(runId, name) !== true && run.logged.size > 0 && conflicts(run, key);
      if (!refused && !conflict) this.fail(`"${name}" of run ${run.localId} was quarantined without a reason`);
    }
  }

  /** True for a run itself, and for a model that it made: what is logged to that goes by its run. */
  #goesTo(localId: string, runId: string): boolean {
    return localId === runId || this.#world.book.runs.get(localId)?.maker?.localId === runId;
  }

  #run(chunk: StoredChunk): RunBook | undefined {
    return this.#world.book.runs.get(chunk.run);
  }
}

/** True for what lies where a person gave up all that waited of a run. */
export function isGivenUp({ discardedTo = 0 }: RunBook, { order }: Pick<StoredChunk, "order">): boolean {
  return order <= discardedTo;
}

/** True when a param was logged with two values. */
function conflicts(run: RunBook, key: string): boolean {
  return [...run.logged.keys()].filter((name) => name.startsWith(`param ${key} `)).length > 1;
}

function sends(chunk: StoredChunk, { body, kind }: Sent): boolean {
  const sent = (body[kind] ?? []) as readonly SentItem[];
  const { decoded } = contentOf(chunk);
  if (decoded.kind === "metrics") return sendsPoints(sent, decoded.columns);
  if (decoded.kind !== "params" && decoded.kind !== "tags") return false;
  return (
    sent.length === decoded.request.length &&
    decoded.request.every(([key, value], n) => sent[n]!.key === key && sent[n]!.value === value)
  );
}

function sendsPoints(sent: readonly SentItem[], { count, keys, key, step, timestamp, value }: MetricColumns): boolean {
  if (sent.length !== count) return false;
  for (let row = 0; row < count; row++) {
    const point = sent[row]!;
    if (point.step !== step[row] || point.timestamp !== timestamp[row] || point.key !== keys[key[row]!]) return false;
    // NaN and the infinities go as text.
    const there = value[row]!;
    if (point.value !== there && Number(point.value) !== there && !(point.value === "NaN" && Number.isNaN(there)))
      return false;
  }
  return true;
}

function isCreationRequest({ kind }: Sent): boolean {
  return kind === "create run" || kind === "create model";
}

function isEndRequest({ kind, body }: Sent): boolean {
  return kind === "update run" && isEnd({ status: body["status"] as never });
}

function isEndChunk(chunk: StoredChunk): boolean {
  const content = chunk.kind === "update" ? contentOf(chunk).decoded : undefined;
  return content?.kind === "update" && isEnd(content.request);
}
