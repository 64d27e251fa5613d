import type { CallOptions } from "../../client/types/connection.ts";
import { HttpError } from "../../errors/network-errors.ts";
import { ChunkDamagedError } from "../chunk/chunk-codec.ts";
import { type Content, decodeChunk, keysOf } from "../chunk/content.ts";
import { Creations } from "./creations.ts";
import { RunCreator, type SendOptions } from "./create-run.ts";
import { doubtContent } from "./doubt-content.ts";
import { gone, waits } from "./detours.ts";
import { elsewhere, partElsewhere } from "./elsewhere.ts";
import { Family } from "./family.ts";
import type { HostGate } from "./host-gate.ts";
import { isOfRecovery } from "../lead/ended-by.ts";
import { LeaderNote } from "../lead/leader-note.ts";
import { checkRun } from "./after-refusal.ts";
import { Mender } from "./mender.ts";
import { ParkError } from "./outcome.ts";
import type { Reader } from "./reader.ts";
import { isEnd } from "../chunk/request.ts";
import { reportedBody } from "./reported-body.ts";
import { isDiscarded, type Item, type RunState } from "./run-state.ts";
import { uploaded } from "./versions.ts";
import type { Scheduler } from "./scheduler.ts";
import { send } from "./send.ts";
import { sealWanted, stillWanted } from "./still-wanted.ts";
import { isOfStorage, ofStorage } from "./storage-trouble.ts";
import { noteUndone } from "./undone.ts";
import type { RunMapping } from "../run-mapping.ts";
import type { DeliveryParts, Finish, Job } from "./delivery-parts.ts";
import { messageOf } from "./words-of-errors.ts";
import { Verdicts } from "./verdicts.ts";

/** Points from which on a chunk came at a pace that is worth a request at once. */
const BRISK = 250;

/** The leadership that a delivery is a part of. */
export interface Term {
  readonly term: number;
  /** Aborts when it is over. */
  readonly signal: AbortSignal;
  /** Last place in the order when the storage was opened, if nobody has led since. */
  readonly opened: number | undefined;
}

/** Delivers single chunks: sends, judges the answer, and says what it means for the store. */
export class Delivery {
  /** Looks after runs in doubt. */
  readonly mender: Mender;
  readonly #parts: DeliveryParts;
  readonly #view: Scheduler;
  readonly #gate: HostGate;
  readonly #note: LeaderNote;
  readonly #verdicts: Verdicts;
  readonly #creator: RunCreator;
  readonly #creations: Creations;
  readonly #family: Family;
  readonly #options: SendOptions & CallOptions;

  constructor(parts: DeliveryParts, view: Scheduler, reader: Reader, gate: HostGate, { term, signal, opened }: Term) {
    this.#parts = parts;
    this.#view = view;
    this.#gate = gate;
    this.#note = new LeaderNote(parts.store, parts.runtime.clock, term, opened);
    const { client, runtime, settleDelay, problems } = parts;
    this.#creator = new RunCreator(client, runtime.clock, settleDelay, (run, message) =>
      problems.report({ kind: "scope", run, key: "mlflow.parentRunId", message }),
    );
    this.#options = { signal, timeout: parts.settings.requestTimeout, retry: false };
    this.#family = new Family(parts, this.#creator, this.#options);
    this.#verdicts = new Verdicts(parts, view, gate, this.#note, this.#options);
    const unread = (run: string): Promise<boolean> => reader.unread(run);
    const { settle } = this.#verdicts;
    const own = { note: this.#note, creator: this.#creator, options: this.#options, settle, unread };
    this.mender = new Mender({ ...parts, ...own, gate, verdicts: this.#verdicts }, view);
    this.#creations = new Creations({ ...parts, ...own, view, family: this.#family, mender: this.mender });
  }

  /** Reads what earlier leaders left, once, and as much of what is in doubt as can be looked at now. */
  async ready(): Promise<void> {
    await this.#note.ready();
    if (this.#note.isMerged) await this.#note.unfold();
  }

  /** No run is in doubt. */
  async isCertain(): Promise<boolean> {
    await this.#note.ready();
    return this.#note.isEmpty;
  }

  /** True for a chunk of points that the server may have. */
  maySent(order: number): boolean {
    return this.#note.maySent(order);
  }

  /** Sends a chunk and gives what to do in the storage; undefined when the chunk stays where it is. */
  async attempt(run: RunState, item: Item, term: number): Promise<Finish | undefined> {
    const { store, ledger } = this.#parts;
    const chunk = await sealWanted({ store, view: this.#view }, run, item.header.order, term);
    if (!chunk) return async () => {};
    if (!item.header.sealed && chunk.writer === ledger.writer) ledger.sealedTails.set(chunk.sequence, chunk.count);
    const job: Omit<Job, "content"> = { run, item, chunk, term };
    if (isDiscarded(run, chunk)) return this.#verdicts.aside.discard(job);
    let content: Content;
    try {
      content = decodeChunk(chunk);
    } catch (error) {
      // Of a newer version: it is not ours to judge, and stays for those who can read it.
      if ((error as Error).name === "ChunkVersionError") return this.#verdicts.aside.park(run, messageOf(error));
      return this.#verdicts.aside.quarantine(job, undefined, error);
    }
    if (!run.mapping) {
      run.mapping = this.#parts.mappings.get(run.id);
      run.checked = run.mapping !== undefined && !this.#parts.unverified.has(run.id);
      run.mapping ??= await store.mapping(run.id);
      const known = run.mapping && !run.checked && !elsewhere(run.mapping.at, this.#parts.destination);
      if (known) {
        this.#parts.unverified.add(run.id);
        this.#parts.onMapped(run.mapping!);
      }
    }
    try {
      return await this.#try({ ...job, content });
    } catch (error) {
      if (isOfStorage(error)) throw error;
      if (error === gone) return async () => {};
      if (this.#options.signal.aborted || error === waits) return undefined;
      // The server has it; the file that it was read from has changed since.
      if (item.again !== undefined && error instanceof ChunkDamagedError) return item.file!.done;
      const finish = await this.#verdicts.failed({ ...job, content }, error);
      // A server that was replaced has its experiments under other ids as well.
      if (run.parked !== undefined) this.#creator.forget();
      return finish;
    }
  }

  async #try(job: Job): Promise<Finish | undefined> {
    const { run, item, chunk, content } = job;
    if (this.#verdicts.tooLarge(job)) return this.#verdicts.refused(job, undefined);
    const maySent = chunk.attempted > 0 || this.#note.maySent(chunk.order);
    if (chunk.kind === "metrics" && maySent && (await this.#keepsRepeats())) {
      const finish = await this.#verdicts.divider.there(job, chunk.count);
      if (finish) return finish;
    }
    const overtaken = await this.#verdicts.divider.overtaken(job);
    if (overtaken) {
      if (this.#isInherited(job)) doubtContent(this.#note, run, content);
      return overtaken;
    }
    const place = this.#verdicts.sends();
    if (content.kind === "artifact") item.file = { path: content.request, done: this.#acknowledged(job) };
    const mapping = await this.#send(job);
    this.#verdicts.succeeded({ kind: chunk.kind, place });
    if (chunk.kind === "metrics") {
      const { settings, runtime } = this.#parts;
      run.linger = chunk.count >= BRISK ? 0 : run.linger * 2 || settings.flushInterval;
      // When a page is left it is too late to ask.
      if (runtime.lifecycle.leaves && settings.readBack === "auto") this.#ask().catch(() => {});
    }
    this.#note.unpark(run.id);
    const { lateUploads, runtime, problems } = this.#parts;
    // Told in an earlier term.
    problems.solve("run-parked", run.id);
    if (item.file) return uploaded(run, item, this.#view, lateUploads, runtime.clock.monotonic());
    return this.#acknowledged(job, mapping);
  }

  /** Takes a chunk off that the server has, or has something later in the place of. */
  #acknowledged({ run, chunk, content, term }: Job, mapping?: RunMapping): Finish {
    return async () => {
      await this.#note.keep();
      await noteUndone(this.#parts, run.id, content, true);
      await this.#parts.store.acknowledge(chunk.order, term, mapping, keysOf(content));
      if (chunk.kind === "metrics") this.#note.gone(chunk);
      this.#verdicts.acknowledged(chunk);
      if (!mapping) return;
      run.mapping = mapping;
      this.#verified(run);
      this.#parts.onMapped(mapping);
    };
  }

  /** True for a server that may keep a point twice that it gets twice: who does not say what it is, is taken for a database. */
  async #keepsRepeats(): Promise<boolean> {
    const { readBack } = this.#parts.settings;
    if (readBack === "auto") await this.#ask();
    return this.#gate.keepsOnce(readBack) === false;
  }

  /** Asks the server what it is, once. */
  async #ask(): Promise<void> {
    if (this.#gate.store !== undefined) return;
    this.#gate.store = await this.#parts.client.server.info(this.#options).then(
      (info) => info?.storeType ?? null,
      (error: unknown) => {
        if (error instanceof HttpError) return null;
        throw error;
      },
    );
  }

  /** Gives the mapping of a run that was created. */
  async #send(job: Job): Promise<RunMapping | undefined> {
    const { run, item, chunk, content, term } = job;
    const { store, client, destination } = this.#parts;
    const options = this.#options;
    if (content.kind === "create") return this.#creations.run(job, content.request);
    if (content.kind === "model") return this.#creations.model(job, content.request);
    const { mapping } = run;
    if (!mapping) throw new ParkError("it was never created on the server");
    if (!run.checked) {
      const there = partElsewhere(mapping, destination);
      await checkRun(client, mapping, this.#verdicts.settle, options).catch((error: unknown) => {
        throw there && error instanceof ParkError ? there : error;
      });
      this.#verified(run);
      if (there) this.#parts.onMapped(mapping);
      await stillWanted({ store, view: this.#view }, job);
    }
    if (isOfRecovery(chunk) && (await this.#hasEnded(mapping))) return undefined;
    if (content.kind === "metrics") {
      await ofStorage(this.#note.sending(chunk.order, () => this.#view.orders()));
    } else if (this.#isInherited(job)) {
      doubtContent(this.#note, run, content);
      if (content.kind === "artifact") {
        this.#parts.lateUploads.add(run.id, content.request, chunk.order, this.#parts.runtime.clock.monotonic());
      }
    } else if (content.kind === "artifact" && item !== run.items[0]) {
      // It passes what is stuck: of all others the next leader knows by their place that they may be on their way.
      await ofStorage(store.markAttempted(chunk.order, term));
    }
    run.term = term;
    const { clock } = this.#parts.runtime;
    const began = clock.monotonic();
    const { body, end } =
      content.kind === "artifact" && chunk.blob
        ? reportedBody(chunk.blob, content.request, this.#parts.runtime)
        : { body: chunk.blob, end() {} };
    await send(client, mapping, content, body, store, options).finally(end);
    // A long upload says nothing of a server that has too much to do.
    if (chunk.kind !== "artifact") this.#gate.answered(clock.monotonic() - began);
    if (content.kind !== "update" || !isEnd(content.request)) return undefined;
    await this.#family.ended(mapping);
    if (this.#note.doubts.has(run.id)) {
      // What came in the last moment, a replica does not show yet.
      await this.#verdicts.settle();
      if (!(await ofStorage(store.seal(chunk.order, term)))) throw gone;
      await this.mender.look({ ...run, items: run.items.filter((other) => other !== item) });
    }
    return undefined;
  }

  /** The leader before, or another queue, may have sent a chunk, and it may be on its way still. */
  #isInherited({ run, item, chunk, term }: Job): boolean {
    return item.header.attempted > 0 || (run.term !== term && this.#note.isInherited(chunk.order));
  }

  /** Another machine, whose queue is another one, has resumed the run since, and ended it: that stands. */
  async #hasEnded(mapping: RunMapping): Promise<boolean> {
    if (mapping.model) return false;
    const { settle } = this.#verdicts;
    const ends = async (): Promise<boolean> =>
      isEnd(await checkRun(this.#parts.client, mapping, settle, this.#options));
    // A replica may show an end from before somebody took the run up again.
    return (await ends()) && (await settle().then(ends));
  }

  #verified(run: RunState): void {
    run.checked = true;
    this.#parts.unverified.delete(run.id);
  }
}
