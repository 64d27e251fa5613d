import { builtin } from "../../runtime/builtin.ts";
import type { Clock } from "../../runtime/ports/clock.ts";
import type { SqlDatabase } from "../../sql/database.ts";
import { openNodeSqlite } from "../../sql/node-sqlite.ts";
import type { Problem } from "../types.ts";
import { isNotDatabase } from "../../sql/sql-errors.ts";
import { salvageCure } from "./salvage.ts";
import { folderSpool, type Spool } from "./spool.ts";
import { faultOf, storageError } from "./sqlite-errors.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import { readState } from "./sqlite-rows.ts";
import { prepareSchema } from "./sqlite-schema.ts";
import { forgetOld, shrink, sweepSpool } from "./sqlite-upkeep.ts";

/** Milliseconds for which another process's lock may hold the thread: a training loop must not feel it. */
const BUSY_TIMEOUT = 50;

/** What a queue file needs. */
export interface SqliteFileParts {
  readonly path: string;
  readonly clock: Clock;
  readonly report: (problem: Problem) => void;
  /** `strict`: a commit waits for the disk. */
  readonly durability?: "relaxed" | "strict";
  /** Another way to open a file, for tests that let it fail. */
  readonly open?: (path: string) => SqlDatabase;
}

/** A queue file of several processes: opened when needed, moved aside when it cannot be read any more. */
export class SqliteFile implements SqliteHost {
  readonly label: string;
  readonly spool: Spool;
  readonly #parts: SqliteFileParts;
  readonly #fs = builtin("node:fs")!;
  #database: SqlDatabase | undefined;
  /** Which file is open, whatever its name is by now. */
  #identity: string | undefined;

  constructor(parts: SqliteFileParts) {
    this.#parts = parts;
    this.label = parts.path;
    this.spool = folderSpool(`${parts.path}-spool`);
  }

  now(): number {
    return this.#parts.clock.now();
  }

  database(): SqlDatabase {
    if (this.#database) return this.#database;
    try {
      this.#database = this.#open();
    } catch (error) {
      if (faultOf(error) !== "damaged") throw error;
      this.#moveAside(error);
      this.#database = this.#open();
    }
    this.#identity = this.#identify();
    this.#keepUp(this.#database);
    return this.#database;
  }

  /** A file that was deleted can be written to until it is closed, and all of that would be lost. */
  check(): void {
    if (!this.#database || this.#identify() === this.#identity) return;
    const lost = this.#waiting();
    this.close();
    this.#report(
      `The queue file "${this.label}" was removed or replaced by somebody else, and a new one is used: ${lost}`,
    );
  }

  failed(error: unknown): Error {
    const failure = storageError(error, this.label);
    if (faultOf(failure) !== "damaged") return failure;
    try {
      this.#moveAside(error);
      return failure;
    } catch (second) {
      return storageError(second, this.label);
    }
  }

  relieve(): boolean {
    // Even a deletion takes room in the log, which grows until it is moved into the file: that is done early then.
    attempt(() => this.#database?.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    return this.#logBytes() === 0;
  }

  close(): void {
    const database = this.#database;
    this.#database = undefined;
    if (!database) return;
    // Another process may hold the lock, or the file be damaged: neither matters any more.
    attempt(() => shrink(database));
    attempt(() => database.close());
  }

  #open(): SqlDatabase {
    const { path, durability, open = openNew } = this.#parts;
    this.#fs.mkdirSync(builtin("node:path")!.dirname(path), { recursive: true });
    this.#identity = this.#identify();
    const database = open(path);
    try {
      // A small cache and log: memory belongs to the training.
      database.exec(
        `PRAGMA busy_timeout = ${BUSY_TIMEOUT}; PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 16777216`,
      );
      if (durability === "strict") database.exec("PRAGMA synchronous = FULL");
      prepareSchema(database);
      readState(database);
      checkWritable(database);
      return database;
    } catch (error) {
      attempt(() => database.close());
      throw error;
    }
  }

  /** Keeps the damaged file under another name, with all that could still be read from it, and makes way for a new one. */
  #moveAside(cause: unknown): void {
    const fs = this.#fs;
    const path = this.label;
    const lost = this.#waiting();
    const database = this.#database;
    this.#database = undefined;
    if (database) attempt(() => database.close());
    // Another process was faster: what lies there now is its new file.
    if (this.#identify() !== this.#identity) return;
    let aside = "";
    for (let n = 1; aside === "" || fs.existsSync(aside); n++) aside = `${path}.damaged-${n}`;
    fs.renameSync(path, aside);
    attempt(() => fs.renameSync(`${path}-wal`, `${aside}-wal`));
    // The new file knows none of these bodies, and would sweep them.
    attempt(() => fs.renameSync(`${path}-spool`, `${aside}-spool`));
    attempt(() => fs.rmSync(`${path}-shm`, { force: true }));
    const cure = isNotDatabase(cause) ? "" : `; ${salvageCure(aside)}`;
    this.#report(
      `The queue file "${path}" is damaged and was moved to "${aside}", and a new one is used: ${lost}${cure}`,
    );
  }

  #waiting(): string {
    try {
      const { points, requests } = readState(this.#database!).counts.waiting;
      return `${points} points and ${requests} requests that waited there are not sent`;
    } catch {
      return "what waited there is not sent";
    }
  }

  #logBytes(): number {
    return this.#fs.statSync(`${this.label}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  #identify(): string | undefined {
    const found = this.#fs.statSync(this.label, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  }

  #keepUp(database: SqlDatabase): void {
    const now = this.now();
    // None of it is worth a failed open: the next one tries again.
    attempt(() => sweepSpool(database, this.spool, now));
    attempt(() => forgetOld(database, now));
  }

  #report(message: string): void {
    this.#parts.report({ kind: "storage", message });
  }
}

function openNew(path: string): SqlDatabase {
  return openNodeSqlite(path, { busyTimeout: BUSY_TIMEOUT });
}

/** Who cannot write must know now, while there still is another storage to choose. */
function checkWritable(database: SqlDatabase): void {
  try {
    database.transaction(() => {});
  } catch (error) {
    if (faultOf(error) !== "busy") throw error;
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {}
}
