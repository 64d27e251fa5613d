import { ConfigurationError } from "../errors/usage-errors.ts";
import { type Destination, destinationText, isSameDestination } from "../queue/destination.ts";
import { takeUp } from "../queue/handover/take-up.ts";
import type { QueueStorage, QueueStore } from "../queue/storage.ts";
import { durableObjectQueue } from "../queue/storage/durable-object.ts";
import { destinationOf } from "../queue/storage/sqlite-destination.ts";
import { keepMeta, metaOf } from "../queue/storage/sqlite-meta.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type DurableObjectSqlStorage, durableObjectDatabase } from "../sql/durable-object.ts";
import type { TrackerOptions } from "../tracker/types/tracker-options.ts";
import { drainLeft, type Left } from "./drain-left.ts";
import { LiveWriters } from "./live-writers.ts";
import { decodeParcel } from "./parcel-codec.ts";
import { workersRuntime } from "./workers-runtime.ts";

/** The part of `ctx.storage` of a Durable Object that a queue needs. */
export interface QueueObjectStorage extends DurableObjectSqlStorage {
  /** Wall time of the next alarm in milliseconds, null when none is set. */
  getAlarm(): Promise<number | null>;
  /** Sets the alarm, in the place of the one before. */
  setAlarm(at: number): Promise<void>;
}

/** How a `TrackletQueue` sends. The address is that of the tracker whose data it got. */
export interface TrackletQueueOptions
  extends Pick<TrackerOptions, "fetch" | "auth" | "delivery" | "onProblem" | "runtime"> {}

/** Where the number of alarms in a row that got nothing done is kept. */
const FAILURES = "alarms without success";
/** Milliseconds to the next alarm: first and longest while the server does not answer; while only a person can help. */
const FIRST = 1_000;
const LONGEST = 300_000;
const FOR_PERSON = 3_600_000;

/**
 * A Durable Object that sends what requests could not: export it, name it under `new_sqlite_classes`, and give its
 * binding to `openTracker()` as `queue`. Each server, workspace and partition has an object of its own.
 *
 * What it has taken is in its SQLite, and survives its eviction. Its alarm sends it, and wakes it again, at most 5 min
 * later, until all is delivered. Credentials are not stored: they come from its own bindings (`MLFLOW_TRACKING_TOKEN`
 * and so on, a service binding `MLFLOW`), or from `options()` of a class that extends this one.
 *
 * @typeParam Env Bindings of the Worker.
 *
 * @example With the password from a secret
 * ```ts no-run
 * import { TrackletQueue } from "tracklet/workers";
 *
 * export class Leftovers extends TrackletQueue<{ MLFLOW_PASSWORD: string }> {
 *   override options() {
 *     return { auth: { username: "worker", password: this.env.MLFLOW_PASSWORD } };
 *   }
 * }
 * ```
 */
export class TrackletQueue<Env = unknown> {
  /** Makes the class fit the types of Cloudflare. */
  declare readonly __DURABLE_OBJECT_BRAND: never;
  /** Bindings of the Worker. */
  protected readonly env: Env;
  readonly #storage: QueueObjectStorage;
  readonly #writers = new LiveWriters();
  #queue: QueueStorage | undefined;
  #runtime: Runtime | undefined;

  /** Called by the platform. */
  constructor(ctx: { readonly storage: QueueObjectStorage }, env: Env) {
    this.#storage = ctx.storage;
    this.env = env;
  }

  /** How it sends; asked at each alarm. */
  options(): TrackletQueueOptions {
    return {};
  }

  /** Takes what a tracker hands over (`POST /parcels`), and tells what waits (`GET /status`). */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && pathname === "/parcels") return this.#take(request);
    if (request.method !== "GET" || pathname !== "/status") return new Response("no such route", { status: 404 });
    const { waiting, delivered, quarantined, dropped } = await (await this.#open()).status();
    const [alarm, destination] = [await this.#storage.getAlarm(), this.#destination()];
    return Response.json({ destination, waiting, delivered, quarantined, dropped, alarm });
  }

  /** Called by the platform: sends what waits, and sets the next alarm while anything does. */
  async alarm(): Promise<void> {
    if (!this.#destination()) return;
    const { clock } = this.#its();
    let left: Left = { kind: "waiting", moved: false };
    try {
      left = await this.#drain();
    } catch (error) {
      // The platform would try a failed alarm six times and then never again.
      console.error(error);
    }
    if (left.kind === "nothing") {
      this.#failures(0);
      return;
    }
    const failures = this.#failures(left.moved ? 0 : undefined);
    const pauses = { waiting: Math.min(FIRST * 2 ** failures, LONGEST), person: FOR_PERSON };
    await this.#wakeAt(clock.now() + (left.kind === "until" ? left.ms : pauses[left.kind]));
  }

  async #take(request: Request): Promise<Response> {
    try {
      const parcel = decodeParcel(new Uint8Array(await request.arrayBuffer()));
      const store = await this.#open();
      const own = await store.assign(parcel.destination);
      if (!isSameDestination(own, parcel.destination)) {
        return new Response(`it is for ${destinationText(own)}`, { status: 409 });
      }
      await this.#writers.take(store, parcel.from, () => takeUp(store, parcel));
      const channel = store.broadcast?.join(() => {});
      // Of no matter when nobody drains just now.
      channel?.post({ kind: "appended", version: 1 });
      channel?.leave();
      this.#failures(0);
      await this.#wakeAt(this.#its().clock.now());
      // The platform holds the answer back until all of this is on disk.
      return new Response(null, { status: 204 });
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return new Response(error.message, { status: 400 });
    }
  }

  async #drain(): Promise<Left> {
    const destination = this.#destination()!;
    const store = await this.#open();
    const { runtime: _, ...options } = this.options();
    const env = this.env as object | undefined;
    const [queue, writers] = [this.#queue!, this.#writers];
    return drainLeft({ store, queue, destination, options, env, runtime: this.#its(), writers });
  }

  async #open(): Promise<QueueStore> {
    this.#queue ??= durableObjectQueue(this.#storage, { clock: this.#its().clock });
    return this.#queue.open();
  }

  #its(): Runtime {
    this.#runtime ??= workersRuntime(this.env as object | undefined, this.options().runtime);
    return this.#runtime;
  }

  #destination(): Destination | undefined {
    const tables = this.#storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'queue_meta'").toArray();
    return tables.length === 0 ? undefined : destinationOf(durableObjectDatabase(this.#storage));
  }

  /** Counts an alarm that got nothing done, or begins anew; gives how many came before in a row. */
  #failures(set: number | undefined): number {
    const database = durableObjectDatabase(this.#storage);
    const before = Number(metaOf(database, FAILURES) ?? 0);
    const now = set ?? Math.min(before + 1, 30);
    if (now !== before) keepMeta(database, FAILURES, String(now));
    return set ?? before;
  }

  /** Keeps an alarm that comes earlier. */
  async #wakeAt(at: number): Promise<void> {
    const set = await this.#storage.getAlarm();
    if (set === null || set > at) await this.#storage.setAlarm(at);
  }
}
