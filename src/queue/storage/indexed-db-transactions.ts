import type { Change } from "./indexed-db-chunks.ts";
import type { Connection, StoreName } from "./indexed-db-connection.ts";
import { get, put } from "./indexed-db-requests.ts";
import { type ChunkRecord, newState } from "./indexed-db-schema.ts";
import { checkTerm } from "./tally.ts";

/** Changes, each with the state in one transaction. */
export class IndexedDbTransactions {
  readonly #connection: Connection;
  readonly #onLost: () => void;

  /** `onLost` is called when all is gone that was there before. */
  constructor(connection: Connection, onLost: () => void) {
    this.#connection = connection;
    this.#onLost = onLost;
  }

  async state(): Promise<Pick<Change, "term" | "lease" | "counts">> {
    const state = await this.#connection.read(["state"], (transaction) =>
      transaction.objectStore("state").get("state"),
    );
    return state ?? this.change([], (change) => change);
  }

  /** One transaction over the state and `stores`. */
  change<T>(stores: StoreName[], body: (change: Change) => T | Promise<T>): Promise<T> {
    return this.#connection.write(["state", ...stores], async (transaction) => {
      let state = await get(transaction, "state", "state");
      if (!state) {
        // Emptied while it was open. What is there beside the state is of the time after.
        this.#connection.lost();
        this.#onLost();
        state = newState();
      }
      const change: Change = { transaction, ...state };
      const result = await body(change);
      const { term, lease, counts, writer } = change;
      put(transaction, "state", { term, lease, counts, ...(writer && { writer }) }, "state");
      return result;
    });
  }

  /** A change of one chunk by the leader; undefined when the chunk is gone. */
  guarded<T>(
    order: number,
    term: number,
    body: (change: Change, chunk: ChunkRecord) => Promise<T>,
    stores: StoreName[] = [],
  ): Promise<T | undefined> {
    return this.change(["chunks", "bodies", "fates", ...stores], async (change) => {
      checkTerm(change.term, term);
      const chunk = await change.transaction.objectStore("chunks").get(order);
      return chunk && body(change, chunk);
    });
  }
}
