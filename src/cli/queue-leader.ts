import { type LeaderState, readLeaderState } from "../queue/lead/leader-state.ts";
import { readLease } from "../queue/storage/sqlite-lease.ts";
import { openNodeSqlite } from "../sql/node-sqlite.ts";

/** Who delivers what waits in a queue file, and how the server answers it; undefined when nobody does, or it is not known. */
export function queueLeader(path: string): LeaderState | undefined {
  try {
    const database = openNodeSqlite(path, { readOnly: true });
    try {
      const { held, says } = readLease(database);
      return held ? readLeaderState(says) : undefined;
    } finally {
      database.close();
    }
  } catch {
    return undefined; // it is locked for a moment, or was moved: whoever has it open says what is the matter with it
  }
}
