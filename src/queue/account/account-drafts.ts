import type { AccountLine } from "./account-lines.ts";
import { add } from "../amount.ts";
import type { Ledger } from "./ledger.ts";
import type { Group, Line, RunAccount } from "./run-account.ts";
import type { AccountDraft } from "./account-record.ts";
import type { StorageCounts } from "../storage.ts";

/** Lines to put, as of the last change of them. */
export interface DatedDraft extends Omit<AccountDraft, "lines"> {
  readonly lines: readonly AccountLine[];
  readonly group: Group;
  readonly change: number;
}

/** Has a ledger take over what a storage held before this session. */
export function beginLedger(ledger: Ledger, counts: StorageCounts): void {
  add(ledger.waiting, counts.waiting);
  add(ledger.foreign, counts.waiting);
  add(ledger.quarantined, counts.quarantined);
  ledger.bytes = counts.bytes;
  ledger.blobBytes += counts.blobBytes;
}

/** All that was logged to a run, whether it is in the storage or not. */
export function loggedLines({ lines }: RunAccount): AccountLine[] {
  return [...lines.values()].map((line) => figuresOf(line, line.logged));
}

/** What is not in the storage as it stands, as it is once everything that was handed to the storage is there. */
export function accountDrafts({ dirty }: Ledger): DatedDraft[] {
  return [...dirty.values()].flatMap(draftsOf);
}

/** Notes that drafts are in the storage now. */
export function draftsStored({ dirty }: Ledger, drafts: readonly DatedDraft[]): void {
  for (const { run, bucket, change } of drafts) {
    const changes = dirty.get(run)?.dirty;
    if (changes?.get(bucket) === change) changes.delete(bucket);
    if (changes?.size === 0) dirty.delete(run);
  }
}

function draftsOf({ run, buckets, dirty }: RunAccount): DatedDraft[] {
  return [...dirty].map(([bucket, change]) => {
    const group = buckets.get(bucket)!;
    const lines = group.lines.map((line) => figuresOf(line, storedOf(line)));
    return { run, bucket, lines, group, change };
  });
}

function figuresOf({ kind, key, dropped, refused, points }: Line, logged: number): AccountLine {
  const figures = points?.figures;
  return { kind, key, logged, dropped, refused, ...(figures && { points: figures }) };
}

/** Calls of a line that are in the storage, or went before. */
function storedOf({ kind, kept, dropped, points }: Line): number {
  return (kind === "metric" ? (points?.counted ?? 0) : kept) + dropped;
}
