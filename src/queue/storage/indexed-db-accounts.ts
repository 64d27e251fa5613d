import { addFates, type Fate } from "../account/fates.ts";
import type { KeyCounts } from "../account/key-counts.ts";
import type { AccountDraft, AccountRecord } from "../account/account-record.ts";
import type { ChunkHeader } from "../chunk/stored-chunk.ts";
import type { Reading, Writing } from "./indexed-db-connection.ts";
import { put, remove } from "./indexed-db-requests.ts";

/** Puts what a writer counted, over what it counted before. */
export function putAccounts(transaction: Writing, writer: string, drafts: readonly AccountDraft[]): void {
  for (const { run, bucket, lines } of drafts) put(transaction, "accounts", lines, [run, writer, bucket]);
}

/** Counts what a chunk stands for to its fate, or away from one. */
export async function settleAccount(
  transaction: Writing,
  { run, writer, bucket }: ChunkHeader,
  keys: KeyCounts | undefined,
  fate: Fate | undefined,
  from?: Fate,
): Promise<void> {
  if (!keys || keys.length === 0) return;
  const fates = transaction.objectStore("fates");
  const key = [run, writer, bucket] as const;
  put(transaction, "fates", addFates(await fates.get([...key]), keys, fate, from), [...key]);
}

/** What was counted of a run, by all writers. */
export async function accountsOf(transaction: Reading, run: string): Promise<AccountRecord[]> {
  const range = rangeOf(run);
  const records = new Map<string, AccountRecord>();
  const [accounts, fates] = [transaction.objectStore("accounts"), transaction.objectStore("fates")];
  const [accountKeys, lines, fateKeys, fateLines] = await Promise.all([
    accounts.getAllKeys(range),
    accounts.getAll(range),
    fates.getAllKeys(range),
    fates.getAll(range),
  ]);
  for (const [n, [, writer, bucket]] of accountKeys.entries()) {
    records.set(`${bucket} ${writer}`, { run, writer, bucket, lines: lines[n]!, fates: [] });
  }
  for (const [n, [, writer, bucket]] of fateKeys.entries()) {
    const name = `${bucket} ${writer}`;
    const record = records.get(name) ?? { run, writer, bucket, lines: undefined };
    records.set(name, { ...record, fates: fateLines[n]! });
  }
  return [...records.values()];
}

/** Forgets what was counted of a run. */
export function forgetAccounts(transaction: Writing, run: string): void {
  for (const name of ["accounts", "fates"] as const) remove(transaction, name, rangeOf(run));
}

/** All keys of a run: a list is greater than any text or number. */
function rangeOf(run: string): IDBKeyRange {
  return IDBKeyRange.bound([run], [run, []]);
}
