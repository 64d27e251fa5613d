import { type Content, keysOf, tryDecode } from "../chunk/content.ts";
import { waitsHere } from "../account/waits-here.ts";
import type { LeaderNote } from "../lead/leader-note.ts";
import type { DeliveryParts, Finish, Job } from "./delivery-parts.ts";
import { isDiscarded, type RunState } from "./run-state.ts";
import type { Scheduler } from "./scheduler.ts";
import { ofStorage } from "./storage-trouble.ts";
import { noteUndone } from "./undone.ts";
import { messageOf } from "./words-of-errors.ts";
import { asideProblem, parkedProblem } from "./words-of-fates.ts";

/** Takes chunks and runs out of the way that cannot be delivered, and tells so. */
export class SetAside {
  readonly #parts: DeliveryParts;
  readonly #view: Scheduler;
  readonly #note: LeaderNote;

  constructor(parts: DeliveryParts, view: Scheduler, note: LeaderNote) {
    this.#parts = parts;
    this.#view = view;
    this.#note = note;
  }

  /** Sets a chunk aside with the reason. */
  quarantine({ chunk, run, term }: Omit<Job, "content">, content: Content | undefined, cause: unknown): Finish {
    const { store, toldAside, ledger } = this.#parts;
    return async () => {
      const reason = messageOf(cause);
      const keys = content ? keysOf(content) : [];
      await this.#note.keep();
      // Noted before: what is set aside after all, or taken, says so again.
      await noteUndone(this.#parts, run.id, content);
      await store.quarantine(chunk.order, term, reason, keys);
      ledger.settle(chunk, "quarantined");
      toldAside.tell(chunk.order, { ...asideProblem(run.id, content, reason), cause });
    };
  }

  /** Lets only this run wait, until a person takes it up again. */
  async park(run: RunState, reason: string): Promise<undefined> {
    // Somebody gave it up in the meantime.
    const [first] = run.items;
    if (first && isDiscarded(run, first.header)) return;
    this.#view.park(run, reason);
    const { problems, ledger } = this.#parts;
    problems.report(parkedProblem(run.id, reason));
    this.#note.park(run.id, reason, waitsHere(ledger, run.id));
    await ofStorage(this.#note.keep());
  }

  /** Drops a chunk of a run that a person gave up; with the last one the run is over. */
  discard({ run, chunk, term }: Omit<Job, "content">): Finish {
    const { store, ledger, problems } = this.#parts;
    return async () => {
      if (chunk.kind === "discard") {
        // What is asked for in vain is no more wanted, and what came to the server stays as it is.
        this.#note.settle(run.id);
        this.#note.unpark(run.id);
      }
      await this.#note.keep();
      const content = tryDecode(chunk);
      await noteUndone(this.#parts, run.id, content);
      await store.drop(chunk.order, term, content ? keysOf(content) : []);
      this.#note.gone(chunk);
      ledger.settle(chunk, "dropped");
      ledger.bytes -= chunk.bytes;
      if (chunk.order !== run.discardTo) return;
      run.discardTo = undefined;
      problems.solve("run-parked", run.id);
    };
  }
}
