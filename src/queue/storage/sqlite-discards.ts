import type { SqlDatabase } from "../../sql/database.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import { keepMeta } from "./sqlite-meta.ts";

/** What the names of these begin with; the id of the run follows. */
const NAME = "discard ";

/** The chunk at a place with the term, and the place of the last discard of its run that waits. */
export const SEALED: string = `
  SELECT state.term, chunks.*, (SELECT value FROM queue_meta WHERE name = '${NAME}' || chunks.run) AS discard_to
  FROM queue_state AS state LEFT JOIN chunks ON place = ? WHERE id = 1`;

/** Notes the place of a discard, beside the chunks: whoever leads need not read all that lies before it. */
export function noteDiscard(
  database: SqlDatabase,
  { run, kind, order }: Pick<ChunkHeader, "run" | "kind" | "order">,
): void {
  if (kind === "discard") keepMeta(database, NAME + run, String(order));
}

/** The discard is done, or another one lies behind it. */
export function forgetDiscard(
  database: SqlDatabase,
  { run, kind, order }: Pick<ChunkHeader, "run" | "kind" | "order">,
): void {
  if (kind !== "discard") return;
  database.prepare("DELETE FROM queue_meta WHERE name = ? AND value = ?").run(NAME + run, String(order));
}
