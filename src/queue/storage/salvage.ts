/**
 * How to save what can still be read from a damaged file, as the end of a sentence. By `.dump`, as `.recover` is not in
 * every build of that program; a dump ends with ROLLBACK when it met damage, and would bring nothing.
 */
export function salvageCure(path: string): string {
  return `save what can still be read with: sqlite3 "${path}" .dump | sed "s/^ROLLBACK.*/COMMIT;/" | sqlite3 saved.db, and send that: npx tracklet sync saved.db --tracking-uri URI`;
}
