import { isBusy } from "./sql-errors.ts";

/**
 * A file that one connection at a time can lock, of any process and any thread. The operating system lets go of the lock
 * when the process dies, however it does. It is SQLite's own exclusive lock on an empty database, as no other lock can be
 * had in Node, Deno and Bun without a permission or a package.
 */
export class FileLock {
  readonly #database: import("node:sqlite").DatabaseSync;

  /** Makes the file when it is not there; its folder must be. */
  constructor(path: string) {
    const { DatabaseSync } = globalThis.process.getBuiltinModule("node:sqlite");
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA busy_timeout = 0");
  }

  /** Takes the lock, without waiting; false while another connection has it. */
  take(): boolean {
    try {
      // A journal would be a second file, which a killed process leaves behind.
      this.#database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
  }

  /** Lets go of the lock, and of the file. */
  close(): void {
    this.#database.close();
  }
}
