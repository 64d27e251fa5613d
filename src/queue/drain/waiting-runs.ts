import { standing } from "../chunk/standing.ts";
import { decodeLines } from "../account/account-lines.ts";
import type { DatasetInput, MetricPoint } from "../../client/types/entities.ts";
import { type Content, decodeChunk } from "../chunk/content.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { NewRun } from "../types.ts";

const PAGE = 256;

/** The creation of a run, and where it waits. */
interface Creation {
  readonly order: number;
  readonly run: NewRun;
}

/** What was logged to a run, as far as it is in a storage. */
export interface LoggedRun {
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  /** The latest point of each metric. */
  readonly latest: ReadonlyMap<string, MetricPoint>;
  readonly inputs: readonly DatasetInput[];
  /** All points of a metric, as a server would give them; undefined when the run is on its way to one by now. */
  history(key: string, signal?: AbortSignal): Promise<MetricPoint[] | undefined>;
}

/** A run that no server has yet: all that was logged to it waits, and is read where it waits. */
export interface WaitingRun extends LoggedRun {
  readonly created: NewRun;
}

/** A run that the server has, of which the rest waits: what was delivered is only known as far as the storage keeps it. */
export interface PartlySentRun extends LoggedRun {
  readonly mapping: RunMapping;
  /** The greatest step of each metric, of what was delivered too. */
  readonly steps: ReadonlyMap<string, number>;
}

/**
 * Runs of any process that wait in a storage with their creation. Nothing of a run is sent before that, so while it is
 * there, it and what waits behind it are all there is of the run.
 */
export class WaitingRuns {
  readonly #store: QueueStore;

  constructor(store: QueueStore) {
    this.#store = store;
  }

  /** A run by our id; undefined when its creation does not wait here. */
  async find(localId: string, signal?: AbortSignal): Promise<WaitingRun | undefined> {
    if ((await this.#store.mapping(localId)) !== undefined) return undefined;
    const { created, ...logged } = await this.#logged(localId, signal);
    if (created === undefined || !(await this.#waits(created.order))) return undefined;
    const { order, run } = created;
    const history: WaitingRun["history"] = async (key, limit) => {
      const points = await logged.history(key, limit);
      return (await this.#waits(order)) ? points : undefined;
    };
    return { ...logged, created: run, history };
  }

  /** A run by our id that the server has; undefined for any other. */
  async findSent(localId: string, signal?: AbortSignal): Promise<PartlySentRun | undefined> {
    const mapping = await this.#store.mapping(localId);
    if (mapping === undefined || mapping.model !== undefined) return undefined;
    const { created: _, ...logged } = await this.#logged(localId, signal);
    const steps = new Map<string, number>();
    for (const { lines } of await this.#store.accounts(localId)) {
      for (const { kind, key, points } of lines ? decodeLines(lines) : []) {
        if (kind === "metric" && points) steps.set(key, Math.max(steps.get(key) ?? points.steps[1], points.steps[1]));
      }
    }
    // The state that they shall have in the end is kept, whatever was delivered of it.
    const { tags: desired = {} } = standing((await this.#store.desired(localId)) ?? {});
    const tags = Object.entries(desired).filter((tag): tag is [string, string] => tag[1] !== null);
    return { ...logged, tags: new Map(tags), mapping, steps };
  }

  /** Our id of the one that began last of those that fit. */
  async newest(fits: (run: NewRun) => boolean, signal?: AbortSignal): Promise<string | undefined> {
    const found = new Map<string, NewRun>();
    for await (const header of this.#headers(Number.POSITIVE_INFINITY, signal)) {
      // It was given up: nobody wants it to go on.
      if (header.kind === "discard") found.delete(header.run);
      if (header.kind !== "create") continue;
      const content = await this.#read(header);
      if (content?.kind === "create" && fits(content.request)) found.set(header.run, content.request);
    }
    let latest: NewRun | undefined;
    for (const run of found.values()) if (latest === undefined || run.startTime >= latest.startTime) latest = run;
    return latest?.localId;
  }

  /** All that waits of a run now, as it stands after it. */
  async #logged(
    localId: string,
    signal?: AbortSignal,
  ): Promise<LoggedRun & { readonly created: Creation | undefined }> {
    const { order: end } = await this.#store.status();
    const params = new Map<string, string>();
    const tags = new Map<string, string>();
    const latest = new Map<string, MetricPoint>();
    const inputs: DatasetInput[] = [];
    let created: Creation | undefined;
    for await (const [{ order }, content] of this.#contents(localId, end, signal)) {
      if (content.kind === "discard") {
        // What lies before it is dropped, and was given up.
        created = undefined;
        for (const gone of [params, tags, latest]) gone.clear();
        inputs.length = 0;
      } else if (content.kind === "create") {
        created = { order, run: content.request };
        for (const [key, value] of Object.entries(content.request.tags)) if (!tags.has(key)) tags.set(key, value);
      } else if (content.kind === "params") {
        // A param stays as it was set first.
        for (const [key, value] of content.request) if (!params.has(key)) params.set(key, value);
      } else if (content.kind === "tags") for (const [key, value] of content.request) tags.set(key, value);
      else if (content.kind === "untag") tags.delete(content.request);
      else if (content.kind === "inputs") inputs.push(...content.request);
      else {
        for (const point of pointsOf(content)) {
          const before = latest.get(point.key);
          if (before === undefined || compare(before, point, "step") < 0) latest.set(point.key, point);
        }
      }
    }
    const history = async (key: string, limit?: AbortSignal): Promise<MetricPoint[]> => {
      const points: MetricPoint[] = [];
      for await (const [, content] of this.#contents(localId, end, limit)) {
        if (content.kind === "discard") points.length = 0;
        for (const point of pointsOf(content)) if (point.key === key) points.push(point);
      }
      return points.sort((a, b) => compare(a, b, "timestamp"));
    };
    return { created, params, tags, latest, inputs, history };
  }

  async #waits(order: number): Promise<boolean> {
    return (await this.#store.chunk(order)) !== undefined;
  }

  /** What was logged to a run, and to its models, up to a place in the order. */
  async *#contents(localId: string, end: number, signal?: AbortSignal): AsyncGenerator<[ChunkHeader, Content]> {
    const ids = new Set([localId]);
    for await (const header of this.#headers(end, signal)) {
      const isModel = header.kind === "model";
      if (!isModel && (!ids.has(header.run) || header.kind === "artifact")) continue;
      const content = await this.#read(header);
      if (content?.kind === "model" && content.request.run === localId) ids.add(content.request.localId);
      else if (content && !isModel) yield [header, content];
    }
  }

  async *#headers(end: number, signal?: AbortSignal): AsyncGenerator<ChunkHeader> {
    for (let after = 0; ; ) {
      signal?.throwIfAborted();
      const page = await this.#store.heads(after, PAGE);
      for (const header of page) {
        // Parts of the last one lie before the next place.
        if (header.order >= end + 1) return;
        yield header;
        after = header.order;
      }
      if (page.length < PAGE) return;
    }
  }

  /** Undefined for what is gone, and for what nobody can read: whoever sends it sets it aside. */
  async #read({ order }: ChunkHeader): Promise<Content | undefined> {
    const chunk = await this.#store.chunk(order);
    try {
      return chunk && decodeChunk(chunk);
    } catch {
      return undefined;
    }
  }
}

function* pointsOf(content: Content): Generator<MetricPoint> {
  if (content.kind !== "metrics") return;
  const { count, keys, key, value, timestamp, step } = content.columns;
  for (let row = 0; row < count; row++) {
    yield { key: keys[key[row]!]!, value: value[row]!, timestamp: timestamp[row]!, step: step[row]! };
  }
}

/** As MLflow orders points: the latest by step, a history by time. */
function compare(a: MetricPoint, b: MetricPoint, first: "step" | "timestamp"): number {
  const then = first === "step" ? "timestamp" : "step";
  return a[first] - b[first] || a[then] - b[then] || a.value - b.value || 0;
}
