import type { SqlDatabase } from "../../sql/database.ts";
import { forgetBefore, KEEP_RUNS, KEEP_RUNS_MS } from "./retention.ts";
import type { Spool } from "./spool.ts";

/** Another process may be about to store the chunk of a body that it has just written. */
const BODY_GRACE = 600_000;
/** Pages (of 4 KiB) from which on a file is worth shrinking, and up to which doing so takes no time. */
const MANY_PAGES = 1_024;

/** Deletes bodies that no chunk names: their writer was killed between the body and the chunk, or after a delivery. */
export function sweepSpool(database: SqlDatabase, spool: Spool, now: number): void {
  const names = spool.olderThan(now - BODY_GRACE);
  if (names.length === 0) return;
  // With the lock held, so that nobody stores a chunk of a body that is just being deleted.
  database.transaction(() => {
    const known = database.prepare("SELECT 1 FROM files WHERE name = ?");
    for (const name of names) if (!known.get(name)) spool.remove(name);
  });
}

/**
 * Forgets runs and writers that nobody has needed for a long time, by the index alone. What is open stays, with its writer:
 * whoever ends it in the place of a dead process needs both.
 */
export function forgetOld(database: SqlDatabase, now: number): void {
  const at = (sql: string): number | undefined => {
    const value = database.prepare(sql).get()?.["at"];
    return typeof value === "number" ? value : undefined;
  };
  const crowded = at(`SELECT at FROM runs ORDER BY at DESC LIMIT 1 OFFSET ${KEEP_RUNS}`) ?? 0;
  const waiting = at("SELECT at FROM chunks ORDER BY place LIMIT 1");
  const aside = at("SELECT min(at) AS at FROM quarantined");
  const before = forgetBefore(Math.max(now - KEEP_RUNS_MS, crowded), Math.min(waiting ?? now, aside ?? now));
  const old = "runs WHERE at < ? AND run NOT IN (SELECT run FROM open_runs)";
  if (database.prepare(`SELECT 1 FROM ${old} LIMIT 1`).get(before)) {
    database.prepare(`DELETE FROM accounts WHERE run IN (SELECT run FROM ${old})`).run(before);
    database.prepare(`DELETE FROM ${old}`).run(before);
  }
  const gone = "writers WHERE at < ? AND writer NOT IN (SELECT writer FROM open_runs)";
  if (database.prepare(`SELECT 1 FROM ${gone} LIMIT 1`).get(now - KEEP_RUNS_MS)) {
    database.prepare(`DELETE FROM ${gone}`).run(now - KEEP_RUNS_MS);
  }
}

/** Gives the room of a backlog that was delivered back to the disk. */
export function shrink(database: SqlDatabase): void {
  const pages = (pragma: string): number => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  const free = pages("freelist_count");
  if (free > MANY_PAGES && pages("page_count") - free < MANY_PAGES) database.exec("VACUUM");
}
