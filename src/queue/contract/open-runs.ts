import type { ChunkDraft } from "../chunk/stored-chunk.ts";
import type { QueueStore } from "../storage.ts";
import { type ContractBench, draft } from "./bench.ts";

/** Which runs are open, and how those of a dead writer end. */
export function openRunsContract({ check, expect, orders }: ContractBench): void {
  const opening = (sequence: number, run: string, at = 1): ChunkDraft =>
    draft(sequence, { run, at, kind: "create", opens: true });
  const open = async (store: QueueStore): Promise<readonly string[]> =>
    (await store.openRuns("", 100)).map(({ run, writer }) => `${run} of ${writer}`);

  check("openRuns() gives what was begun or resumed and not ended, with its last writer", async (store) => {
    await store.append("a", [opening(1, "x", 5), opening(2, "y", 6), draft(3, { run: "z", at: 7 })]);
    await store.append("b", [opening(1, "w", 8)]);
    expect(await open(store)).toEqual(["w of b", "x of a", "y of a"]);
    expect((await store.openRuns("", 100)).map(({ at }) => at)).toEqual([8, 7, 7]);
    expect((await store.openRuns("w", 1)).map(({ run }) => run)).toEqual(["x"]);
    await store.append("a", [draft(4, { run: "y", kind: "update", opens: false })]);
    await store.append("b", [draft(2, { run: "x", kind: "update", opens: true })]);
    expect(await open(store)).toEqual(["w of b", "x of b"]);
    // A put that was there before changes nothing.
    await store.append("a", [opening(2, "y")]);
    expect(await open(store)).toEqual(["w of b", "x of b"]);
    expect((await store.heads(0, 1))[0]?.run).toBe("x");
    expect(Object.keys((await store.heads(0, 1))[0] ?? {}).includes("opens")).toBe(false);
  });

  check("appear() changes the beat of what a writer has open", async (store) => {
    await store.append("a", [opening(1, "x")]);
    await store.append("b", [opening(1, "y")]);
    const before = await store.openRuns("", 100);
    await store.appear("a");
    const after = await store.openRuns("", 100);
    expect(after.map(({ beat }, n) => beat === before[n]?.beat)).toEqual([false, true]);
  });

  check("recover() ends a run that is still open as it was seen, once", async (store) => {
    await store.append("a", [opening(1, "x"), opening(2, "y"), opening(3, "z")]);
    const [x, y, z] = await store.openRuns("", 100);
    await store.append("b", [draft(1, { run: "y", kind: "update", opens: true })]);
    const term = await store.beginTerm();
    const end = (run: string, sequence: number): ChunkDraft[] => [
      draft(sequence, { run, kind: "update", count: 0, opens: false }),
    ];
    const failed = { status: "FAILED", endTime: 9 } as const;
    expect(await store.recover(term, x!, "r", end("x", 1), failed)).toBe(true);
    expect(await store.recover(term, x!, "r", end("x", 2), failed)).toBe(false);
    expect(await store.recover(term, y!, "r", end("y", 3), failed)).toBe(false);
    await store.appear("a");
    expect(await store.recover(term, z!, "r", end("z", 4), failed)).toBe(false);
    expect(await open(store)).toEqual(["y of b", "z of a"]);
    expect(await orders(store)).toEqual([1, 2, 3, 4, 5]);
    expect((await store.desired("x")) ?? {}).toMatchObject(failed);
    expect(await store.desired("y")).toBe(undefined);
    await store.beginTerm();
    const [, again] = await store.openRuns("", 100);
    await expect(store.recover(term, again!, "r", end("z", 5), failed)).rejects.toMatchObject({
      name: "StaleTermError",
    });
  });
}
