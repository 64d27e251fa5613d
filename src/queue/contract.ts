import { accountsContract } from "./contract/accounts.ts";
import { acknowledgeContract } from "./contract/acknowledge.ts";
import { appendContract } from "./contract/append.ts";
import { type ContractBench, type ContractTools, draft } from "./contract/bench.ts";
import { leaseContract } from "./contract/lease.ts";
import { openRunsContract } from "./contract/open-runs.ts";
import { orderContract } from "./contract/order.ts";
import { quarantineContract } from "./contract/quarantine.ts";
import { replaceContract } from "./contract/replace.ts";
import { retentionContract } from "./contract/retention.ts";
import type { QueueStorage, QueueStore } from "./storage.ts";

export type { ContractTools } from "./contract/bench.ts";

/**
 * The tests that every queue storage passes.
 *
 * @param create Makes an empty storage.
 * @param tools The test library's `test` and `expect`.
 *
 * @example
 * ```ts no-run
 * import { memoryQueue } from "tracklet";
 * import { queueContract } from "tracklet/queue/contract";
 * import { expect, test } from "vitest";
 *
 * queueContract(() => memoryQueue(), { test, expect });
 * ```
 */
export function queueContract(
  create: () => QueueStorage | Promise<QueueStorage>,
  { test, expect }: ContractTools,
): void {
  const check: ContractBench["check"] = (name, body) => {
    test(`QueueStore ${name}`, async () => {
      const storage = await create();
      let store = await storage.open();
      const again = async (): Promise<QueueStore> => {
        await store.close();
        store = await storage.open();
        return store;
      };
      await body(store, again);
      await store.close();
    });
  };
  const orders = async (store: QueueStore, after = 0, limit = 100): Promise<number[]> =>
    (await store.heads(after, limit)).map(({ order }) => order);

  test("QueueStorage.open() gives what was appended before when it is opened twice", async () => {
    const storage = await create();
    await (await storage.open()).append("w", [draft(1)]);
    const store = await storage.open();
    expect(await orders(store)).toEqual([1]);
    await store.close();
  });

  const bench: ContractBench = { check, expect, orders };
  appendContract(bench);
  orderContract(bench);
  acknowledgeContract(bench);
  replaceContract(bench);
  quarantineContract(bench);
  leaseContract(bench);
  openRunsContract(bench);
  accountsContract(bench);
  retentionContract(bench);
}
