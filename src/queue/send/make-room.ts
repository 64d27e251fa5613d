import { encodeMetrics } from "../chunk/chunk-codec.ts";
import { tryDecode } from "../chunk/content.ts";
import { keyCounts } from "../account/key-counts.ts";
import type { Ledger } from "../account/ledger.ts";
import type { Problems } from "../problems.ts";
import type { MetricColumns } from "../chunk/columns.ts";
import type { ChunkHeader, StoredChunk } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import { type Bound, denserThan, dropMessage, thin, type WhenFull } from "../chunk/thin.ts";

const PAGE = 64;
/** How far below the limit room is made, so that it is not made anew for each chunk. */
const ROOM = 0.9;

/** What making room needs. */
export interface MakeRoomParts {
  readonly store: QueueStore;
  readonly term: number;
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly whenFull: WhenFull;
  /** Bytes of bodies that may wait. */
  readonly limit: number;
  /** The option that says so. */
  readonly bound: Bound;
  /** Places that must not be sent for now; false when the chunk is being sent. */
  readonly reserve: (chunk: ChunkHeader) => boolean;
  readonly release: (order: number) => void;
}

/**
 * Brings a store that is too full under its limit, from its densest and oldest metrics on. Creates, params, tags, ends
 * and artifacts stay, and so does whatever may have been sent. Each point that goes is counted.
 */
export async function makeRoom(parts: MakeRoomParts): Promise<void> {
  const { store, term, ledger, problems, whenFull, limit } = parts;
  let { bytes } = await store.status();
  ledger.bytes = bytes;
  if (bytes <= limit) return;
  /** Places of what cannot go: how dense that is says nothing of what can. */
  const stays = new Set<number>();
  for (let gained = true; gained; ) {
    gained = false;
    const chunks: ChunkHeader[] = [];
    for (let page = await store.heads(0, PAGE); page.length > 0; page = await store.heads(page.at(-1)!.order, PAGE)) {
      chunks.push(
        ...page.filter(
          ({ kind, sealed, attempted, order }) => kind === "metrics" && sealed && attempted === 0 && !stays.has(order),
        ),
      );
    }
    const bound = denserThan(
      chunks.map(({ count }) => count),
      whenFull,
    );
    for (const header of chunks) {
      const { order, count, kind } = header;
      if (bytes <= limit * ROOM) return;
      if (count <= bound) continue;
      if (!parts.reserve(header)) {
        stays.add(order);
        gained = true;
        continue;
      }
      try {
        const chunk = await store.seal(order, term);
        if (!chunk) continue;
        const columns = columnsIn(chunk);
        if (!columns) {
          stays.add(order);
          gained = true;
          continue;
        }
        const { kept, gone } = thin(columns, whenFull);
        const body = kept && encodeMetrics(kept);
        const drop = body
          ? store.replace(order, term, [{ kind, count: kept.count, body }], "dropped", keyCounts(gone))
          : store.drop(order, term, keyCounts(gone));
        await drop.catch(async (error: unknown) => {
          // It may have taken place all the same, and then it counts.
          if ((await store.seal(order, term))?.count === count) throw error;
        });
        ledger.settle({ ...chunk, count: gone.count }, "dropped");
        problems.report({ kind: "dropped", run: chunk.run, message: dropMessage(gone, parts.bound) });
        bytes -= chunk.bytes - (body?.length ?? 0);
        ledger.bytes = bytes;
        gained = true;
      } finally {
        parts.release(order);
      }
    }
  }
}

/** Undefined when the bytes are damaged, or of a newer version: whoever comes to send them judges that. */
function columnsIn(chunk: StoredChunk): MetricColumns | undefined {
  const content = tryDecode(chunk);
  return content?.kind === "metrics" ? content.columns : undefined;
}
