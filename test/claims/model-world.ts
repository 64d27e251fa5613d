import { BadRequestError, NetworkError } from "../../src/errors/index.ts";
import type { ClaimPlace } from "../../src/claims/claim-place.ts";
import { claimKeys } from "../../src/claims/claim-keys.ts";
import type { Run, StartRunOptions } from "../../src/tracker/types/run.ts";
import type { Clock, Timer } from "../../src/runtime/ports/clock.ts";
import type { Random } from "../../src/runtime/ports/random.ts";
import { ManualClock } from "../support/manual-clock.ts";

const request = { method: "POST", url: "http://model" };

/** What may happen to one request. */
export type Fate = "arrives" | "answer lost" | "lost" | "late";

/** One MLflow run on a server of plain maps, reached over a network with chance in it. */
export class ModelServer {
  readonly params: Record<string, string> = {};
  readonly tags: Record<string, string> = {};
  /** What has arrived of each attempt. */
  readonly attempts: Map<string, Set<string>> = new Map();
  readonly clock: ManualClock = new ManualClock();
  readonly #random: Random;
  /** Share of requests that suffer; 0 when the storm is over. */
  faults = 0.2;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Carries `work` there and its result back, in time that passes on the server's clock. */
  async carry<T>(work: () => T, timeout: number): Promise<T> {
    const fate = this.#fate();
    // Even what is late arrives within its time-out: later than that, no lease could be safe.
    const way = fate === "late" ? timeout * 0.9 : 1 + this.#random.fraction() * 20;
    await this.#wait(way);
    if (fate === "lost") {
      await this.#wait(timeout - way);
      throw new NetworkError("lost", request);
    }
    const result = work();
    if (fate === "answer lost") {
      await this.#wait(timeout - way);
      throw new NetworkError("answer lost", request);
    }
    await this.#wait(1 + this.#random.fraction() * 20);
    return result;
  }

  #fate(): Fate {
    if (this.#random.fraction() >= this.faults) return "arrives";
    return (["answer lost", "lost", "late"] as const)[Math.floor(this.#random.fraction() * 3)] ?? "lost";
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }
}

/** The clock of one program: its wall jumps, and while the program is stopped nothing of it fires. */
export class ProgramClock implements Clock {
  readonly #server: ManualClock;
  readonly #origin: number;
  #jumped = 0;
  #stoppedUntil = 0;

  constructor(server: ManualClock, origin: number) {
    this.#server = server;
    this.#origin = origin;
  }

  now(): number {
    return Math.floor(this.#server.now() + this.#jumped);
  }

  monotonic(): number {
    return this.#server.monotonic() + this.#origin;
  }

  jump(ms: number): void {
    this.#jumped += ms;
  }

  /** As SIGSTOP for so long: time passes, timers fire afterwards. */
  stop(ms: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.#server.monotonic() + ms);
  }

  /** True while nothing of the program happens. */
  get stopped(): boolean {
    return this.#stoppedUntil > this.#server.monotonic();
  }

  after(ms: number, callback: () => void): Timer {
    let timer: Timer;
    const fire = (): void => {
      const left = this.#stoppedUntil - this.#server.monotonic();
      if (left > 0) timer = this.#server.after(left, fire);
      else callback();
    };
    timer = this.#server.after(ms, fire);
    return { cancel: () => timer.cancel() };
  }
}

/** A program that sees the model's run as the run that the claim lives on. */
export function placeOf(server: ModelServer, clock: ProgramClock, random: Random): ClaimPlace {
  type Options = { timeout?: number; retry?: false };
  const reach = <T>(work: () => T, options?: Options): Promise<T> => server.carry(work, options?.timeout ?? 1000);
  const runs = {
    get: (_: string, options: Options) =>
      reach(
        () => ({ info: { status: "FINISHED" }, data: { params: { ...server.params }, tags: { ...server.tags } } }),
        options,
      ),
    logParam: (_: string, key: string, value: string, options: Options) =>
      reach(() => {
        server.params[key] ??= value;
        if (server.params[key] === value) return;
        const facts = { status: 400, errorCode: "INVALID_PARAMETER_VALUE", serverMessage: "", request };
        throw new BadRequestError("differs", facts);
      }, options),
    setTag: (_: string, key: string, value: string, options: Options) =>
      reach(() => {
        server.tags[key] = value;
      }, options),
    deleteTag: (_: string, key: string, options: Options) =>
      reach(() => {
        delete server.tags[key];
      }, options),
  };
  const queue = { quarantine: { list: async function* () {} } };
  const startRun = ({ name = "", tags = {} }: StartRunOptions): Run =>
    attemptOf(server, name, tags["spoiled"] === "yes");
  const tracker = { connection: { trackingUri: "http://model" }, queue, startRun };
  return {
    tracker: tracker as never,
    client: { runs } as never,
    clock,
    random,
    keepAlive: () => () => {},
    runId: "lock",
    keys: claimKeys("model"),
    what: '"model"',
  };
}

/** Parts of an attempt: what was logged to the run, and files of a logged model. */
export const PARTS = ["loss", "weights", "labels"] as const;

/**
 * An attempt that a queue delivers part by part over the network with chance in it: each `end()` tries what is left
 * once. A `spoiled` one has a part that the server refuses for good.
 */
function attemptOf(server: ModelServer, runId: string, spoiled = false): Run {
  const acknowledged = new Set<string>();
  const arrived = new Set<string>();
  server.attempts.set(runId, arrived);
  const sound = spoiled ? PARTS.slice(0, 2) : PARTS;
  const deliver = async (part: string): Promise<void> => {
    try {
      await server.carry(() => void arrived.add(part), 1000);
      acknowledged.add(part);
    } catch {
      // It waits.
    }
  };
  const line = (key: (typeof PARTS)[number]) => ({
    kind: key === "loss" ? "metric" : "artifact",
    key,
    logged: 1,
    distinct: 1,
    acknowledged: acknowledged.has(key) ? 1 : 0,
    dropped: 0,
    quarantined: sound.includes(key) ? 0 : 1,
  });
  return {
    localId: runId,
    runId: async () => runId,
    end: async () => void (await Promise.all(sound.filter((part) => !acknowledged.has(part)).map(deliver))),
    // Of MLflow 2, where a model is a folder of the run.
    receipt: async () => ({
      run: runId,
      runId,
      lines: [line("loss")],
      models: [{ model: "m", modelId: `${runId}/net`, lines: [line("weights"), line("labels")] }],
    }),
  } as never;
}
