import { addFates, type Fate, type FateLine } from "../account/fates.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import type { AccountDraft, AccountRecord } from "../account/account-record.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";

/** What was counted of runs, and what became of it. */
export class MemoryAccounts {
  readonly #runs = new Map<string, Map<string, AccountRecord>>();

  /** Puts what a writer counted, over what it counted before. */
  put(writer: string, drafts: readonly AccountDraft[]): void {
    for (const { run, bucket, lines } of drafts) this.#change(run, writer, bucket, (fates) => ({ lines, fates }));
  }

  /** Counts what a chunk stands for to its fate, or away from one. */
  settle({ run, writer, bucket }: ChunkHeader, keys: KeyCounts | undefined, fate: Fate | undefined, from?: Fate): void {
    if (!keys || keys.length === 0) return;
    this.#change(run, writer, bucket, (fates) => ({ fates: addFates(fates, keys, fate, from) }));
  }

  of(run: string): readonly AccountRecord[] {
    return [...(this.#runs.get(run)?.values() ?? [])];
  }

  forget(run: string): void {
    this.#runs.delete(run);
  }

  #change(
    run: string,
    writer: string,
    bucket: number,
    change: (fates: readonly FateLine[]) => Partial<Pick<AccountRecord, "lines" | "fates">>,
  ): void {
    const records = this.#runs.get(run) ?? new Map<string, AccountRecord>();
    this.#runs.set(run, records);
    const name = `${bucket} ${writer}`;
    const record = records.get(name) ?? { run, writer, bucket, lines: undefined, fates: [] };
    records.set(name, { ...record, ...change(record.fates) });
  }
}
