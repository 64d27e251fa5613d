import { total } from "../amount.ts";
import type { Drain } from "./drain.ts";
import { receiptOf } from "../account/run-receipt.ts";
import { StoredQuarantine } from "./stored-quarantine.ts";
import type { Receipt, ReceiptLine } from "../types.ts";
import { WaitingRuns } from "./waiting-runs.ts";
import type { Writer } from "../write/writer.ts";

/** What the server refuses for good, in the storage of a drain. */
export async function openQuarantine(drain: Drain): Promise<StoredQuarantine> {
  const { store, engine } = await drain.open();
  const { problems, onChange } = drain.parts;
  const changed = async (order: number): Promise<void> => {
    drain.order = Math.max(drain.order, order);
    if (order > 0) engine.appended();
    if (total((await store.status()).quarantined) === 0) {
      for (const { kind, run } of problems.list()) if (kind === "quarantined") problems.solve(kind, run);
    }
    // Where some is left, it finds which.
    engine.look();
    onChange();
  };
  return new StoredQuarantine({
    store,
    books: engine.quarantine,
    onChange: changed,
    async onDoubt() {
      // A storage that fails now tells it at the next look.
      await engine.refresh().catch(() => {});
      await changed((await store.status().catch(() => ({ order: 0 }))).order).catch(() => {});
    },
  });
}

/** What became of a run, by our id; the storage of an untouched drain has nothing to say. */
export async function drainedReceipt(drain: Drain, id: string, untouched: boolean): Promise<Receipt> {
  const { mappings, ledger } = drain.parts;
  const mapping = mappings.get(id);
  if (untouched) return receiptOf(id, mapping?.runId, ledger.find(id), [], "");
  const { store } = await drain.open();
  const [records, stored, desired, former = []] = await Promise.all([
    store.accounts(id),
    mapping ?? store.mapping(id),
    store.desired(id),
    drain.former?.accounts(id),
  ]);
  const receipt = receiptOf(id, stored?.runId, ledger.find(id), [...former, ...records], ledger.writer);
  const isDeleted = ({ kind, key }: ReceiptLine): boolean => kind === "tag" && desired?.tags?.[key] === null;
  return { ...receipt, lines: receipt.lines.map((line) => (isDeleted(line) ? { ...line, distinct: 0 } : line)) };
}

/**
 * Runs that no server has yet, with what this process has logged to them; undefined for an untouched drain, and where the
 * storage cannot be opened.
 */
export async function openWaiting(drain: Drain, writer: Writer, untouched: boolean): Promise<WaitingRuns | undefined> {
  if (untouched || !(await writer.persist())) return undefined;
  return drain.open().then(
    ({ store }) => new WaitingRuns(store),
    () => undefined,
  );
}
