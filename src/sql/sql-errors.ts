/**
 * What went wrong in SQLite, told by its words: node:sqlite gives result codes in Node and Bun but none in Deno, the
 * WASM build and Durable Objects put them elsewhere, while the words are SQLite's own everywhere.
 */
function says(error: unknown, words: RegExp): boolean {
  return error instanceof Error && words.test(error.message);
}

/** Another connection holds the lock; the same statement may succeed later. */
export function isBusy(error: unknown): boolean {
  return says(error, /database (table |schema )?is locked|SQLITE_BUSY|SQLITE_LOCKED/);
}

/** A UNIQUE or PRIMARY KEY rule refused the row. */
export function isUniqueViolation(error: unknown): boolean {
  return says(error, /UNIQUE constraint failed|PRIMARY KEY constraint failed/);
}

/** Any rule of the schema refused the row: unique, foreign key, NOT NULL, CHECK. */
export function isConstraintViolation(error: unknown): boolean {
  return says(error, /constraint failed/i);
}

/** The file is something else than a SQLite database, or encrypted. */
export function isNotDatabase(error: unknown): boolean {
  return says(error, /file is not a database|file is encrypted|SQLITE_NOTADB/);
}

/** The statement is larger than the engine takes: a Durable Object binds 100 values, and matches patterns of 50 bytes. */
export function isTooComplex(error: unknown): boolean {
  return says(error, /too many SQL variables|Expression tree is too large|LIKE or GLOB pattern too complex/);
}
