import type { Clock } from "../../runtime/ports/clock.ts";
import { forgetAccounts } from "./indexed-db-accounts.ts";
import type { Connection } from "./indexed-db-connection.ts";
import { remove } from "./indexed-db-requests.ts";
import { forgetBefore, KEEP_RUNS, KEEP_RUNS_MS } from "./retention.ts";

/** Records that are deleted in one transaction: writers of the page wait no longer than for these. */
const STEP = 500;

/**
 * Forgets runs and writers that nobody has needed for a long time, by their index alone. What is open stays, with its
 * writer: whoever ends it in the place of a dead page needs both.
 */
export async function forgetOld(connection: Connection, clock: Clock): Promise<void> {
  const now = clock.now();
  const limit = now - KEEP_RUNS_MS;
  const before = await connection.read(["chunks", "quarantined", "runs"], async (transaction) => {
    const crowd = await transaction.objectStore("runs").index("at").openKeyCursor(null, "prev");
    const crowded = crowd && (await crowd.advance(KEEP_RUNS));
    const waiting = await transaction.objectStore("chunks").openCursor();
    let oldest = waiting?.value.at ?? now;
    for (const { at } of await transaction.objectStore("quarantined").getAll()) oldest = Math.min(oldest, at);
    return forgetBefore(Math.max(limit, crowded?.key ?? 0), oldest);
  });
  for (const [store, time] of [
    ["runs", before],
    ["writers", limit],
  ] as const) {
    const old = IDBKeyRange.upperBound(time, true);
    for (let more = true; more; ) {
      more = await connection.write([store, "open", "accounts", "fates"], async (transaction) => {
        const open = await transaction.objectStore("open").getAll();
        const needed = new Set(open.map(({ run, writer }) => (store === "runs" ? run : writer)));
        const keys = await transaction
          .objectStore(store)
          .index("at")
          .getAllKeys(old, STEP + needed.size);
        const gone = keys.filter((key) => !needed.has(key));
        for (const key of gone) {
          remove(transaction, store, key);
          if (store === "runs") forgetAccounts(transaction, key);
        }
        return gone.length >= STEP;
      });
    }
  }
}
