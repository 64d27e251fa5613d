import { type KeyCounts, keyCounts } from "../account/key-counts.ts";
import { standing } from "../chunk/standing.ts";
import type { ChildDraft } from "../chunk/stored-chunk.ts";
import { divide, metricsDraft, readBack, type Settle } from "./after-refusal.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import type { SendOptions } from "./create-run.ts";
import type { DeliveryParts, Finish, Job } from "./delivery-parts.ts";
import { overtakenBy } from "./overtaken.ts";
import type { Scheduler } from "./scheduler.ts";
import { ofStorage } from "./storage-trouble.ts";

/** Puts parts in the place of chunks. */
export class Divider {
  readonly #parts: DeliveryParts;
  readonly #view: Scheduler;
  readonly #note: LeaderNote;
  readonly #settle: Settle;
  readonly #options: SendOptions;

  constructor(parts: DeliveryParts, view: Scheduler, note: LeaderNote, settle: Settle, options: SendOptions) {
    this.#parts = parts;
    this.#view = view;
    this.#note = note;
    this.#settle = settle;
    this.#options = options;
  }

  /**
   * What the server has of a chunk of points is done, and the rest is left; undefined when it has nothing of it. Where
   * fewer than `expected` are found, it is looked a second time.
   */
  async there(job: Job, expected: number): Promise<Finish | undefined> {
    const { run, chunk, content } = job;
    if (content.kind !== "metrics" || !run.mapping) return undefined;
    const { mapping } = run;
    const look = (): ReturnType<typeof readBack> =>
      readBack(this.#parts.client, mapping, content.columns, this.#options);
    let { present, missing } = await look();
    if (present.count < expected) {
      // The request may be on its way still, or the history be that of a replica.
      await this.#settle();
      ({ present, missing } = await look());
    }
    if (present.count === 0) return undefined;
    return async () => {
      await this.#replace(job, missing.count > 0 ? [metricsDraft(missing)] : [], keyCounts(present));
      this.#parts.ledger.settle({ ...chunk, count: present.count }, "acknowledged");
    };
  }

  /**
   * What of a chunk was written again since is done, as the server has that or gets it, and the rest is left; undefined
   * when nothing was. What a writer put has its place by when it was logged; what came back from quarantine lies behind
   * what was logged later, and so do its parts.
   */
  async overtaken(job: Job): Promise<Finish | undefined> {
    const { chunk, content } = job;
    if (chunk.sequence > 0) return undefined;
    const desired = await ofStorage(this.#parts.store.desired(chunk.run));
    const overtaken = desired && overtakenBy(standing(desired), content, chunk);
    if (!overtaken) return undefined;
    const { rest, keys, count } = overtaken;
    return async () => {
      await this.#replace(job, rest ? [rest] : [], keys);
      this.#parts.ledger.settle({ ...chunk, count }, "acknowledged");
    };
  }

  /** Halves of a chunk; undefined for a single item. */
  halves(job: Job): Finish | undefined {
    const children = divide(job.content);
    return children && (() => this.#replace(job, children));
  }

  async #replace({ chunk, item, term }: Job, children: readonly ChildDraft[], there: KeyCounts = []): Promise<void> {
    const { store, runtime, ledger } = this.#parts;
    // Whoever leads after a crash takes the parts for what was never sent.
    await this.#note.keep();
    const headers = await store.replace(chunk.order, term, children, "delivered", there);
    // Nothing of it, but where it lay: what its put was told of it may come later than its parts.
    ledger.settle({ ...chunk, count: 0 }, "acknowledged");
    for (const header of headers ?? []) this.#view.add(header, runtime.clock.monotonic(), item);
  }
}
