import { encodeRequest } from "../chunk/chunk-codec.ts";
import type { QueueStore } from "../storage.ts";
import { type ContractBench, draft } from "./bench.ts";

/** What is counted for receipts, and where the data goes. */
export function accountsContract({ check, expect }: ContractBench): void {
  const fatesOf = async (store: QueueStore, run = "r"): Promise<unknown[]> =>
    (await store.accounts(run)).flatMap(({ fates }) => fates);

  check("accounts() gives what each writer counted last, and what became of its chunks", async (store) => {
    const lines = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
    await store.append("a", [draft(1, { bucket: 7 })], undefined, [{ run: "r", bucket: 7, lines: lines("old") }]);
    await store.append("a", [], undefined, [{ run: "r", bucket: 7, lines: lines("new") }]);
    await store.append("b", [draft(1)], undefined, [{ run: "r", bucket: 7, lines: lines("other") }]);
    await store.append("b", [], undefined, [{ run: "another", bucket: 1, lines: lines("no") }]);
    await store.acknowledge(1, await store.beginTerm(), undefined, [["tag", "key", 1]]);
    const found = (await store.accounts("r")).map(({ writer, bucket, lines, fates }) => {
      return [writer, bucket, lines && new TextDecoder().decode(lines), fates];
    });
    expect(found.sort()).toEqual([
      ["a", 7, "new", [["tag", "key", 1, 0, 0]]],
      ["b", 7, "other", []],
    ]);
    expect(await store.accounts("unknown")).toEqual([]);
  });

  check("accounts() count each fate once, with the change that it is of", async (store) => {
    const metrics = { kind: "metrics", count: 4 } as const;
    await store.append("w", [draft(1, metrics), draft(2, metrics), draft(3, metrics)]);
    const term = await store.beginTerm();
    for (const _ of [1, 2]) await store.acknowledge(1, term, undefined, [["metric", "a", 4]]);
    for (const _ of [1, 2]) await store.drop(2, term, [["metric", "a", 4]]);
    const child = { kind: "metrics", count: 1, body: encodeRequest("child") } as const;
    for (const _ of [1, 2]) await store.replace(3, term, [child], "dropped", [["metric", "b", 3]]);
    expect(await fatesOf(store)).toEqual([
      ["metric", "a", 4, 4, 0],
      ["metric", "b", 0, 3, 0],
    ]);
  });

  check("accounts() follow a chunk into quarantine and out of it", async (store) => {
    const keys = [["param", "p", 2]] as const;
    await store.append("w", [draft(1), draft(2)]);
    const term = await store.beginTerm();
    await store.quarantine(1, term, "no", keys);
    await store.quarantine(2, term, "no", keys);
    expect(await fatesOf(store)).toEqual([["param", "p", 0, 0, 4]]);
    await store.release(1, keys);
    await store.discard(2, keys);
    for (const order of [1, 2])
      expect([await store.release(order, keys), await store.discard(order, keys)]).toEqual([undefined, false]);
    expect(await fatesOf(store)).toEqual([["param", "p", 0, 2, 0]]);
  });

  check("assign() keeps the first destination until it is given anew", async (store) => {
    const first = { uri: "http://one.test", partition: "ada" };
    const other = { uri: "http://two.test" };
    expect(await store.assign(first)).toEqual(first);
    expect(await store.assign(other)).toEqual(first);
    expect(await store.assign(other, true)).toEqual(other);
    expect(await store.assign(first)).toEqual(other);
    if (store.now) expect(store.now.assign(first)).toEqual(other);
  });
}
