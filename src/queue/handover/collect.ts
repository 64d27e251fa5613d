import { decodeChunk } from "../chunk/content.ts";
import { standing } from "../chunk/standing.ts";
import { isCreation } from "../chunk/is-creation.ts";
import type { Destination } from "../destination.ts";
import type { ChunkHeader, StoredChunk } from "../chunk/stored-chunk.ts";
import type { DesiredRun, RunMapping } from "../run-mapping.ts";
import { type QueueStore, StaleTermError } from "../storage.ts";
import { placeOf } from "../storage/sqlite-rows.ts";
import { doubtful } from "./doubtful.ts";
import { type Parcel, SENT } from "./parcel.ts";

const PAGE = 256;
type Draft = Parcel["chunks"][number];

/** Which queue is emptied, and what of it was handed over before. */
export interface CollectParts {
  readonly store: QueueStore;
  readonly from: string;
  readonly destination: Destination;
  readonly now: number;
  /** Last place in the order that was handed over, and runs whose doubts were. */
  readonly after: number;
}

/**
 * Gathers all that waits in a store, as the leader of a new term: from here on nobody can act on a chunk for the leader
 * before, whose last requests may still be on their way. Gives the last place in the order, too.
 */
export async function collect(parts: CollectParts): Promise<{ readonly parcel: Parcel; readonly last: number }> {
  for (;;) {
    try {
      return await collectIn(await parts.store.beginTerm(), parts);
    } catch (error) {
      // The leader before has just begun another term; it does not send any more.
      if (!(error instanceof StaleTermError)) throw error;
    }
  }
}

async function collectIn(
  term: number,
  { store, from, destination, now, after }: CollectParts,
): Promise<{ readonly parcel: Parcel; readonly last: number }> {
  const chunks: Draft[] = [];
  const mappings = new Map<string, RunMapping | undefined>();
  const desired = new Map<string, DesiredRun>();
  let last = after;
  const meet = async (run: string): Promise<RunMapping | undefined> => {
    if (mappings.has(run)) return mappings.get(run);
    const mapping = await store.mapping(run);
    const state = await store.desired(run);
    mappings.set(run, mapping);
    if (state) desired.set(run, standing(state));
    return mapping;
  };
  for (;;) {
    const page = await store.heads(last, PAGE);
    for (const header of page) {
      last = header.order;
      const chunk = await store.seal(header.order, term);
      if (!chunk) continue;
      const { run, kind, count, at, body, blob } = chunk;
      const known = await meet(run);
      for (const other of othersOf(chunk)) await meet(other);
      // Whether this parcel comes to one receiver only, nobody can know: each looks before it creates.
      const attempted = header.attempted || known || isCreation(kind) ? SENT : 0;
      const sequence = sequenceOf(header);
      chunks.push({ sequence, run, kind, count, at, sealed: true, body, attempted, ...(blob && { blob }) });
    }
    if (page.length < PAGE) break;
  }
  // Of what was handed over before, the other queue knows all doubts, as it sends it.
  if (after === 0) {
    // Below that of the next place, which another parcel may need.
    const next = sequenceOf({ order: last }) + 1;
    chunks.push(...(await doubtful(store, { meet, desired, now, next })));
  }
  const open = new Set((await store.openRuns("", 1_000_000)).map(({ run }) => run));
  const ends = new Map(chunks.map((chunk, n) => [chunk.run, n]));
  return {
    parcel: {
      from,
      destination,
      chunks: chunks.map((chunk, n) => (ends.get(chunk.run) === n ? { ...chunk, opens: open.has(chunk.run) } : chunk)),
      mappings: [...mappings.values()].flatMap((mapping) => mapping ?? []),
      desired,
    },
    last,
  };
}

/** Our ids of the runs that a creation asks for: the parent of a run, the run of a model. */
function othersOf(chunk: StoredChunk): readonly string[] {
  if (!isCreation(chunk.kind)) return [];
  try {
    const content = decodeChunk(chunk);
    if (content.kind === "model") return [content.request.run];
    const parent = content.kind === "create" ? content.request.parent : undefined;
    return parent && "local" in parent ? [parent.local] : [];
  } catch {
    // Whoever sends it sets it aside.
    return [];
  }
}

/** Ascending with the order, and whole for parts of a chunk, too. */
function sequenceOf({ order }: Pick<ChunkHeader, "order">): number {
  return placeOf(order);
}
