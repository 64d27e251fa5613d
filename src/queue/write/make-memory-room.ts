import type { Ledger } from "../account/ledger.ts";
import { BYTES_PER_POINT } from "./metric-buffer.ts";
import type { Problems } from "../problems.ts";
import { denserThan, dropMessage, thin, type WhenFull } from "../chunk/thin.ts";
import type { Entry } from "./writer.ts";

/** What making room in memory needs. */
export interface MemoryRoomParts {
  readonly ledger: Ledger;
  readonly problems: Problems;
  readonly whenFull: WhenFull;
  /** True when so many bytes in memory are more than there is room for. */
  readonly full: (bytes: number) => boolean;
}

/** Name of the problem that a storage does not take what is logged. */
export const NOT_KEPT = "put";

/** Bytes of points in closed chunks. */
export function bytesOf(outbox: readonly Entry[]): number {
  return outbox.reduce((sum, { buffer }) => sum + (buffer?.count ?? 0) * BYTES_PER_POINT, 0);
}

/**
 * Thins the metrics that no store has yet, the densest and oldest first, until there is room: the rule of `makeRoom`,
 * for what waits in memory. The first `writing` entries are being put and stay.
 */
export function makeMemoryRoom(outbox: Entry[], writing: number, parts: MemoryRoomParts): void {
  const { ledger, problems, whenFull, full } = parts;
  let bytes = bytesOf(outbox);
  while (full(bytes)) {
    const fresh = outbox.slice(writing).flatMap((entry) => {
      const { buffer } = entry;
      return buffer?.sequence === 0 ? [{ entry, buffer }] : [];
    });
    const bound = denserThan(
      fresh.map(({ buffer }) => buffer.count),
      whenFull,
    );
    if (fresh.length === 0) return;
    for (const { entry, buffer } of fresh) {
      if (buffer.count <= bound) continue;
      const { kept, gone } = thin(buffer, whenFull);
      ledger.lose(buffer.run, gone);
      // Where the storage takes nothing, memory is full for that alone.
      const trouble = problems.list().find(({ key }) => key === NOT_KEPT);
      const message = dropMessage(gone, "maxMemoryBytes", trouble?.message);
      problems.report({ kind: "dropped", run: buffer.run, message });
      bytes -= gone.count * BYTES_PER_POINT;
      if (kept) buffer.replaceRows(kept);
      else outbox.splice(outbox.indexOf(entry), 1);
      if (!full(bytes)) return;
    }
  }
}
