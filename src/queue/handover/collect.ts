import { encodeRequest } from "../chunk/chunk-codec.ts";
import type { Destination } from "../destination.ts";
import { parseNote } from "../lead/leader-note.ts";
import type { ChunkKind } from "../chunk/request.ts";
import { type ChunkHeader, type DesiredRun, type QueueStore, type RunMapping, StaleTermError } from "../storage.ts";
import { placeOf } from "../storage/sqlite-rows.ts";
import type { Parcel } from "./parcel.ts";

const PAGE = 256;
/** Any number but 0: the term in which it was sent means nothing to another queue. */
const SENT = 1;

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
    if (state) desired.set(run, state);
    return mapping;
  };
  for (;;) {
    const page = await store.heads(last, PAGE);
    for (const header of page) {
      last = header.order;
      const chunk = await store.seal(header.order, term);
      if (!chunk) continue;
      const { run, kind, count, at, body, blob } = chunk;
      const attempted = header.attempted || ((await meet(run)) && kind !== "create") ? SENT : 0;
      const sequence = sequenceOf(header);
      chunks.push({ sequence, run, kind, count, at, sealed: true, body, attempted, ...(blob && { blob }) });
    }
    if (page.length < PAGE) break;
  }
  // Of what was handed over before, the other queue knows all doubts, as it sends it.
  if (after === 0) {
    // Below that of the next place, which another parcel may need.
    const next = sequenceOf({ order: last }) + 1;
    chunks.push(...(await doubtful(await store.note(), { meet, desired, now, next })));
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

/**
 * What an older request of the leader before may still overwrite is written once more, as something that may have been
 * sent before: whoever sends it then makes sure of it.
 */
async function doubtful(
  note: string | undefined,
  {
    meet,
    desired,
    now,
    next,
  }: {
    readonly meet: (run: string) => Promise<RunMapping | undefined>;
    readonly desired: ReadonlyMap<string, DesiredRun>;
    readonly now: number;
    readonly next: number;
  },
): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const [run, create, fields] of parseNote(note).doubts) {
    const mapping = await meet(run);
    if (!mapping) continue;
    const again = (kind: ChunkKind, request: unknown): void => {
      const body = encodeRequest(request);
      drafts.push({
        sequence: next + drafts.length,
        run,
        kind,
        count: 0,
        at: now,
        sealed: true,
        body,
        attempted: SENT,
      });
    };
    const { experimentId: id } = mapping;
    if (create) again("create", { localId: run, experiment: { id }, startTime: 0, tags: {} });
    const { tags = {}, orphansIn: _, ...own } = desired.get(run) ?? {};
    for (const field of fields) {
      const value = tags[field];
      if (field === "") {
        if (Object.keys(own).length > 0) again("update", own);
      } else if (value === null) again("untag", field);
      else if (value !== undefined) again("tags", [[field, value, 0]]);
    }
  }
  return drafts;
}

/** Ascending with the order, and whole for parts of a chunk, too. */
function sequenceOf({ order }: Pick<ChunkHeader, "order">): number {
  return placeOf(order);
}
