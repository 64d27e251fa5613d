import type { SqlDatabase } from "../../sql/database.ts";
import { type Change, findChunk } from "./sqlite-chunks.ts";
import { LockPause } from "./lock-pause.ts";
import { faultOf } from "./sqlite-errors.ts";
import type { SqliteHost } from "./sqlite-host.ts";
import { type ChunkRow, placeOf, readState, writeState } from "./sqlite-rows.ts";
import { checkTerm } from "./tally.ts";

/** Reads, and changes with the state in one transaction. */
export class SqliteTransactions {
  readonly #host: SqliteHost;
  /** The disk was full, and the log could not be moved into the file since. */
  #cramped = false;
  /** Who only reads is kept out by fewer locks. */
  readonly #pauses = { look: new LockPause(), change: new LockPause() };

  constructor(host: SqliteHost) {
    this.#host = host;
  }

  async look<T>(body: (database: SqlDatabase) => T): Promise<T> {
    const pause = this.#pauses.look;
    pause.check(this.#host.now());
    try {
      const value = body(this.#host.database());
      pause.end();
      return value;
    } catch (error) {
      throw this.#failed(error, pause);
    }
  }

  async change<T>(body: (change: Change) => T): Promise<T> {
    this.#pauses.change.check(this.#host.now());
    return this.changeNow(body);
  }

  /** For the last moment of a process: waits for the lock of another one, however often it was met before. */
  changeNow<T>(body: (change: Change) => T, again = false): T {
    const gone: string[] = [];
    try {
      this.#host.check();
      // Room that there is by now goes to the file first: else the log takes it, and nothing can be deleted any more.
      if (this.#cramped) this.#cramped = !this.#host.relieve();
      const database = this.#host.database();
      const result = database.transaction(() => {
        const state = readState(database);
        const value = body({ database, state, gone, host: this.#host });
        writeState(database, state);
        return value;
      });
      this.#pauses.change.end();
      for (const file of gone) this.#host.spool.remove(file);
      return result;
    } catch (error) {
      if (faultOf(error) === "full") {
        this.#cramped = !this.#host.relieve();
        if (!this.#cramped && !again) return this.changeNow(body, true);
      }
      throw this.#failed(error, this.#pauses.change);
    }
  }

  #failed(error: unknown, pause: LockPause): Error {
    const failure = this.#host.failed(error);
    if (faultOf(failure) === "busy") pause.begin(failure, this.#host.now());
    return failure;
  }

  /** A change of one chunk by the leader; undefined when the chunk is gone. */
  guarded<T>(order: number, term: number, body: (change: Change, chunk: ChunkRow) => T): Promise<T | undefined> {
    return this.change((change) => {
      checkTerm(change.state.term, term);
      const chunk = findChunk(change.database, placeOf(order));
      return chunk && body(change, chunk);
    });
  }
}
