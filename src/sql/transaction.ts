/** Makes `transaction()` of a database that can execute SQL: BEGIN IMMEDIATE outside, savepoints inside. */
export function createTransaction(exec: (sql: string) => void): <T>(body: () => T) => T {
  let depth = 0;
  return (body) => {
    const [begin, commit, rollback] =
      depth === 0
        ? ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]
        : [`SAVEPOINT s${depth}`, `RELEASE s${depth}`, `ROLLBACK TO s${depth}; RELEASE s${depth}`];
    exec(begin);
    depth++;
    try {
      const result = body();
      exec(commit);
      return result;
    } catch (error) {
      // SQLite may have rolled back by itself (full disk); the first error is the one to tell.
      try {
        exec(rollback);
      } catch {}
      throw error;
    } finally {
      depth--;
    }
  };
}
