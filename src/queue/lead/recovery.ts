import type { Clock } from "../../runtime/ports/clock.ts";
import { encodeRequest } from "../chunk/chunk-codec.ts";
import type { OpenRun } from "./open-run.ts";
import { writerLock } from "./presence.ts";
import type { Rows } from "../chunk/request.ts";
import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import { ENDED_BY_TAG, RECOVERY, recoveryWriter } from "./ended-by.ts";
import type { Problems } from "../problems.ts";
import type { QueueStore } from "../storage.ts";
import type { RunChange } from "../types.ts";

const PAGE = 200;
/** Leases that a writer without a lock is silent before it is dead: browsers wake a hidden page once a minute. */
const SILENCES = 3;
/** Runs that are named where many were ended. */
const SHOWN = 3;

/** What recovering needs. */
export interface RecoveryParts {
  readonly store: QueueStore;
  readonly clock: Clock;
  /** Id of this process's writer. */
  readonly writer: string;
  /** Milliseconds of which three without a beat say that a writer without a lock is dead. */
  readonly lease: number;
  readonly problems: Pick<Problems, "report" | "solve">;
}

/** What was seen of a writer that has no lock. */
interface Sign {
  readonly beat: number;
  still: number;
  at: number;
}

/**
 * Ends the runs of dead processes, as FAILED: their last chunk is appended in their place, after all that they logged. Who
 * is dead has let go of the lock of its writer or, where there are none, has not beaten for three minutes of this process's
 * own time. A later write to the run goes on as ever: its RUNNING or FINISHED stands in the end.
 */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #signs = new Map<string, Sign>();
  #sequence = 0;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Ends what can be ended now, as the leader of a term; true when something was. */
  async run(term: number): Promise<boolean> {
    const { store, writer } = this.#parts;
    const dead = new Map<string, (() => void) | undefined>();
    let ended = 0;
    const first: string[] = [];
    try {
      for (let after = ""; ; ) {
        const page = await store.openRuns(after, PAGE);
        for (const open of page) {
          after = open.run;
          if (open.writer === writer) continue;
          if (!dead.has(open.writer)) dead.set(open.writer, await this.#mourn(open));
          if (!dead.get(open.writer) || !(await this.#end(term, open))) continue;
          if (++ended <= SHOWN) first.push(open.run);
        }
        if (page.length < PAGE) break;
      }
    } finally {
      for (const unlock of dead.values()) unlock?.();
      if (ended > 0) await this.#tell(first, ended);
    }
    for (const known of this.#signs.keys()) if (!dead.has(known)) this.#signs.delete(known);
    return ended > 0;
  }

  /**
   * Undefined for a writer that lives. A dead one's lock is held until the returned function is called: one that comes back,
   * such as a page that was frozen, shows that it lives after its runs were ended, and finds that they were, or before.
   */
  async #mourn({ writer, beat }: OpenRun): Promise<(() => void) | undefined> {
    const { store, clock, lease } = this.#parts;
    if (store.locks) return store.locks.acquire(writerLock(writer), { once: true });
    const now = clock.monotonic();
    const sign = this.#signs.get(writer);
    if (sign?.beat !== beat) {
      this.#signs.set(writer, { beat, still: 0, at: now });
      return undefined;
    }
    // As with the lease, a pause of one's own counts for little.
    sign.still += Math.min(now - sign.at, lease / 4);
    sign.at = now;
    return sign.still >= SILENCES * lease ? () => {} : undefined;
  }

  /** Tells a person, once: nothing is left to be done about it. */
  async #tell(first: readonly string[], count: number): Promise<void> {
    const { store, problems } = this.#parts;
    const ids: string[] = [];
    const names: string[] = [];
    for (const run of first) {
      const mapping = await store.mapping(run).catch(() => undefined);
      const id = mapping?.runId ?? run;
      ids.push(id);
      names.push(mapping?.name === undefined ? `"${id}"` : `"${mapping.name}" (${id})`);
    }
    const more = count > first.length ? ` and ${count - first.length} more` : "";
    const [were, are, one] = count === 1 ? ["run", "it is", `"${ids[0]}"`] : ["runs", "they are", "id"];
    const [was, its] = count === 1 ? ["was", "its"] : ["were", "their"];
    const message = `The ${were} ${names.join(", ")}${more} ${was} open when ${its} program ended without a word: ${are} FAILED now, unless ended elsewhere since. tracker.resumeRun(${one}) goes on with it`;
    const [run] = first;
    problems.report({ kind: "run-recovered", ...(count === 1 && { run: run! }), message });
    problems.solve("run-recovered", count === 1 ? run! : undefined);
  }

  #end(term: number, open: OpenRun): Promise<boolean> {
    const { store, clock, writer } = this.#parts;
    const { run } = open;
    const at = clock.now();
    const tags: Rows = [[ENDED_BY_TAG, RECOVERY, 0]];
    const change: RunChange = { status: "FAILED", endTime: open.at };
    const draft = (kind: "tags" | "update", count: number, request: unknown): ChunkDraft => {
      return { run, kind, at, count, sealed: true, sequence: ++this.#sequence, body: encodeRequest(request) };
    };
    // Nobody set the tag: no receipt counts it.
    const drafts = [draft("tags", 0, tags), { ...draft("update", 1, change), opens: false }];
    const desired = { ...change, tags: { [ENDED_BY_TAG]: RECOVERY } };
    return store.recover(term, open, recoveryWriter(writer), drafts, desired);
  }
}
