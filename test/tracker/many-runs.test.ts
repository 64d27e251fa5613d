import { describe, expect, test } from "vitest";
import type { Fetch } from "../../src/runtime/ports/fetch.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { RunNode, Tracker } from "../../src/tracker/types/tracker.ts";
import { manyRuns, runIdOf, type WireRun } from "./many-runs.ts";

const on = (fetch: Fetch): Tracker => createTracker({ trackingUri: "http://mlflow.test", fetch, onProblem: () => {} });

const plain: readonly WireRun[] = Array.from({ length: 10_000 }, (_, n) => ({
  id: runIdOf(n + 1),
  name: `run ${n}`,
  tags: {},
}));

/** A root with runs below it; `parentOf` says which run is whose parent. */
function tree(length: number, parentOf: (n: number) => number): WireRun[] {
  const root = runIdOf(1);
  const below = Array.from({ length }, (_, index) => {
    const n = index + 2;
    const tags = { "mlflow.rootRunId": root, "mlflow.parentRunId": runIdOf(parentOf(n)) };
    return { id: runIdOf(n), name: `run ${n}`, tags };
  });
  return [{ id: root, name: "root", tags: {} }, ...below];
}

describe("searchRuns() of 10,000 runs", () => {
  test("S1.5 asks for pages, and for no more of them than it gives rows", async () => {
    const asked: { max_results: number }[] = [];
    const tracker = on(manyRuns(plain, asked));
    const all = await tracker.searchRuns({ maxResults: 10_000 });
    expect([all.length, all.truncated, asked.length]).toEqual([10_000, false, 10]);
    expect(all.rows[9999]?.["params.lr"]).toBe("9999");
    expect(Math.max(...asked.map((query) => query.max_results))).toBeLessThanOrEqual(1000);
    asked.length = 0;
    const some = await tracker.searchRuns({ maxResults: 2500 });
    expect([some.length, some.truncated, asked.length]).toEqual([2500, true, 3]);
    await tracker.close();
  });

  test("S1.5 ends with its signal in the middle, and asks for no page after that", async () => {
    const asked: { max_results: number }[] = [];
    const stop = new AbortController();
    const tracker = on(manyRuns(plain, asked, (page) => page === 2 && stop.abort(new Error("enough"))));
    await expect(tracker.searchRuns({ maxResults: 10_000, signal: stop.signal })).rejects.toThrow("enough");
    await tracker.searchRuns({ maxResults: 1 });
    expect(asked.map((query) => query.max_results)).toEqual([1000, 1000, 1000, 2]);
    await tracker.close();
  });

  test("S1.5 refuses an option that there is not, instead of finding everything", async () => {
    const tracker = on(manyRuns(plain));
    const misspelt = { filters: "metrics.loss < 1" } as object;
    await expect(tracker.searchRuns(misspelt)).rejects.toThrow("Cannot use the unknown option filters: use filter");
    await tracker.close();
  });

  test("S1.5 prints what fits, and says what it leaves out", async () => {
    const tracker = on(manyRuns(plain));
    const table = await tracker.searchRuns({ maxResults: 10_000 });
    expect(table.toString().split("\n").length).toBeLessThan(40);
    expect(table.toString()).toContain("… 9,970 more runs in .rows");
    const display = (table as unknown as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")];
    const html = display?.call(table)["text/html"] ?? "";
    expect(html.match(/<tr>/g)?.length).toBe(201);
    expect(html).toContain("10,000 runs; the first 200 are shown: toHTML() has all");
    await tracker.close();
  });
});

describe("runTree() of 10,000 runs", () => {
  test("S1.3 takes 10,000 children in pages of one search", async () => {
    const asked: { filter?: string; max_results: number }[] = [];
    const tracker = on(
      manyRuns(
        tree(10_000, () => 1),
        asked,
      ),
    );
    const { children } = await tracker.runTree(runIdOf(1));
    expect(children).toHaveLength(10_000);
    const byRoot = `tags."mlflow.rootRunId" = '${runIdOf(1)}'`;
    expect(asked.filter(({ filter }) => filter === byRoot)).toHaveLength(10);
    expect(asked).toHaveLength(11);
    await tracker.close();
  });

  test("S1.3 takes a chain of 10,000 without running out of stack, and a circle without end", async () => {
    const chain = on(manyRuns(tree(10_000, (n) => n - 1)));
    let depth = 0;
    for (let node: RunNode | undefined = await chain.runTree(runIdOf(1)); node; node = node.children[0]) depth++;
    expect(depth).toBe(10_001);
    await chain.close();
    // 2 is below 4, 3 below 2, 4 below 3: none of them hangs from the root.
    const circle = on(manyRuns(tree(3, (n) => (n === 2 ? 4 : n - 1))));
    expect((await circle.runTree(runIdOf(1))).children).toEqual([]);
    expect((await circle.runTree(runIdOf(2))).children[0]?.children[0]?.run.info.runId).toBe(runIdOf(4));
    await circle.close();
  });
});
