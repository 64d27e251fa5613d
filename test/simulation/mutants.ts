import type { DeliveryClient } from "../../src/queue/send/delivery-client.ts";
import { RunBuffers, type Bucket } from "../../src/queue/write/run-buffers.ts";
import { RunCreator } from "../../src/queue/send/create-run.ts";
import { Leadership } from "../../src/queue/lead/leader.ts";
import { LeaderNote } from "../../src/queue/lead/leader-note.ts";
import { Scheduler } from "../../src/queue/send/scheduler.ts";
import type { QueueStore } from "../../src/queue/storage.ts";
import type { StoredChunk } from "../../src/queue/chunk/stored-chunk.ts";
import { UnexpectedReplyError } from "../../src/errors/network-errors.ts";
import { eachMethod } from "./world/each-method.ts";
import type { World } from "./world/world.ts";

/** A queue with one fault of its own, which the simulator must find. */
export interface Mutant {
  readonly name: string;
  /** A seed known to catch it, where the first ones do not: seeds are tried from there on. @default 0 */
  readonly from?: number;
  /** Takes the place of the store that a process sees. */
  readonly store?: (store: QueueStore, world: World) => QueueStore;
  /** Takes the place of the client that a queue sends with. */
  readonly client?: (client: DeliveryClient) => DeliveryClient;
  /** Changes classes of the queue; gives the way back. */
  readonly patch?: () => () => void;
}

/** The queue as it is. */
export const none: Mutant = { name: "none" };

/** The faults of section "mutants" of the plan of the queue, each made from outside of it. */
export const mutants: readonly Mutant[] = [
  {
    name: "delete before the acknowledgement",
    store: (store) => ({
      ...bound(store),
      async seal(order, term) {
        const chunk = await store.seal(order, term);
        if (chunk && chunk.kind !== "create") await store.acknowledge(order, term);
        return chunk;
      },
    }),
  },
  {
    name: "no tag search",
    client: (client) => withRuns(client, { search: () => nobody() }),
  },
  {
    name: "search with ACTIVE only",
    client: (client) =>
      withRuns(client, {
        search: (query, options) => client.runs.search({ ...query, view: "active" as "all" }, options),
      }),
  },
  {
    name: "no term check before sending",
    from: 176,
    store: (store, world) => ({
      ...bound(store),
      seal: (order) => store.seal(order, world.disk.store.term),
      markAttempted: (order) => store.markAttempted(order, world.disk.store.term),
    }),
    patch: () => replaceMethod(Leadership.prototype, "check", () => async () => {}),
  },
  {
    name: "a put replayed after delivery",
    store(store) {
      let puts = 0;
      return {
        ...bound(store),
        // Under a name of its own, no put is known to have been there before.
        append: (writer, drafts, desired) => store.append(`${writer} ${++puts}`, drafts, desired),
      };
    },
  },
  {
    name: "a drop of a chunk in flight",
    from: 23,
    patch() {
      const restore = [
        replaceMethod(Scheduler.prototype, "touched", () => () => false),
        replaceMethod(LeaderNote.prototype, "maySent", () => () => false),
      ];
      return () => {
        for (const back of restore) back();
      };
    },
  },
  {
    name: "200 HTML taken as an acknowledgement",
    client(client) {
      const { runs } = client;
      const believe = (error: unknown): void => {
        if (!(error instanceof UnexpectedReplyError)) throw error;
      };
      return withRuns(client, {
        logBatch: (batch, options) => runs.logBatch(batch, options).catch(believe),
        logBatchBody: (body, options) => runs.logBatchBody(body, options).catch(believe),
        logInputs: (runId, inputs, options) => runs.logInputs(runId, inputs, options).catch(believe),
      });
    },
  },
  {
    name: "a late tag left standing",
    from: 42,
    patch: () => replaceMethod(LeaderNote.prototype, "doubtFields", () => () => {}),
  },
  {
    name: "terminate before the data",
    patch: () =>
      replaceMethod(
        Scheduler.prototype,
        "add",
        (add) =>
          function (this: Scheduler, header, now, successes) {
            add.call(this, header, now, successes);
            const { items } = this.run(header.run);
            const [first, ...rest] = items;
            if (header.kind !== "update" || !first || first.header.kind === "create" || rest.length === 0) return;
            const at = items.findIndex((item) => item.header.order === header.order);
            if (at > 1) items.splice(1, 0, ...items.splice(at, 1));
          },
      ),
  },
  {
    name: "NaN mixed with values against 2.22",
    patch: () =>
      replaceMethod(
        RunBuffers.prototype,
        "slot",
        (slot) =>
          function (this: RunBuffers, key: string) {
            const found = slot.call(this, key);
            mixNaN(this, found.bucket);
            return found;
          },
      ),
  },
  {
    name: "negative evidence trusted at once",
    patch: () =>
      replaceMethod(RunCreator.prototype, "find", (find) => {
        const empty = new Set<string>();
        return async function (this: RunCreator, localId, experimentIds, options) {
          // The second look gives what the first one gave.
          if (empty.delete(localId)) return [];
          const found = await find.call(this, localId, experimentIds, options);
          if (found.length === 0) empty.add(localId);
          return found;
        };
      }),
  },
  {
    name: "children sent before the split is stored",
    store: unstoredSplits,
  },
  {
    name: "what was given up sent until that is read",
    from: 69,
    store: (store) => ({
      ...bound(store),
      async seal(order, term) {
        const { discardTo: _, ...chunk } = (await store.seal(order, term)) ?? {};
        return "body" in chunk ? chunk : undefined;
      },
    }),
  },
  {
    name: "a model created without a look",
    client(client) {
      const { loggedModels } = client;
      const search = (): unknown => ({ all: () => Promise.resolve([]) });
      return {
        ...client,
        loggedModels: { ...bound(loggedModels!), search } as unknown as typeof loggedModels & object,
      };
    },
  },
];

/** A store, or a part of a client, whose methods can be spread. */
function bound<T extends object>(object: T): T {
  return eachMethod(object, (_, method) => method);
}

function withRuns(client: DeliveryClient, changes: Partial<DeliveryClient["runs"]>): DeliveryClient {
  const { runs } = client;
  return { ...client, runs: { ...bound(runs), ...changes } };
}

async function* nobody(): AsyncGenerator<never> {}

function replaceMethod<T extends object, K extends keyof T>(
  target: T,
  name: K,
  make: (before: T[K]) => T[K],
): () => void {
  const before = target[name];
  target[name] = make(before);
  return () => {
    target[name] = before;
  };
}

/** Has the NaN tail of a bucket be its value tail. */
function mixNaN(run: RunBuffers, bucket: Bucket): void {
  Object.defineProperty(bucket, "nans", {
    configurable: true,
    get: () => bucket.values,
    set: (nans: Bucket["nans"]) => {
      if (nans === undefined) bucket.values = run.buffer(bucket);
    },
  });
}

/** Keeps the parts of a chunk in memory only, until all of them are done. */
function unstoredSplits(store: QueueStore): QueueStore {
  const parts = new Map<number, StoredChunk>();
  const left = new Map<number, Set<number>>();
  const parentOf = new Map<number, number>();
  const over = async (order: number, term: number): Promise<boolean> => {
    const parent = parentOf.get(order);
    if (parent === undefined) return false;
    parts.delete(order);
    parentOf.delete(order);
    const rest = left.get(parent);
    rest?.delete(order);
    if (rest?.size === 0) await store.acknowledge(parent, term);
    return true;
  };
  return {
    ...bound(store),
    async replace(order, term, children, rest, keys) {
      if (children.length < 2 || parentOf.has(order)) return store.replace(order, term, children, rest, keys);
      const parent = await store.seal(order, term);
      if (!parent) return undefined;
      const orders = children.map((_, n) => order + (n + 1) / (4 * children.length));
      left.set(order, new Set(orders));
      return children.map((child, n) => {
        const { blob: _, ...kept } = parent;
        const chunk = { ...kept, ...child, order: orders[n]!, span: parent.span / 4, bytes: child.body.length };
        parts.set(chunk.order, chunk);
        parentOf.set(chunk.order, order);
        return chunk;
      });
    },
    seal: async (order, term) => parts.get(order) ?? store.seal(order, term),
    markAttempted: async (order, term) => (parts.has(order) ? undefined : store.markAttempted(order, term)),
    async acknowledge(order, term, mapping, keys) {
      if (await over(order, term)) {
        if (mapping) await store.map(mapping);
      } else await store.acknowledge(order, term, mapping, keys);
    },
    async quarantine(order, term, reason, keys) {
      if (!(await over(order, term))) await store.quarantine(order, term, reason, keys);
    },
  };
}
