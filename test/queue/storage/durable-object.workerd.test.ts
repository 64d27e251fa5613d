import { describe, expect, test } from "vitest";
import { durableObjectQueue } from "../../../src/queue/storage/durable-object.ts";
import { queueContract } from "../../../src/queue/contract.ts";
import { harness } from "../harness.ts";
import { edgeTools } from "../../edge/edge-tools.ts";
import { unreadBodies } from "../unread-bodies.ts";
import { draft } from "./drafts.ts";

describe("durableObjectQueue()", () => {
  queueContract(async () => durableObjectQueue((await edgeTools()).storage), { test, expect });
  unreadBodies(async () => durableObjectQueue((await edgeTools()).storage));

  test("open() of another queue of the same object finds what waits, with a body larger than a row may be", async () => {
    const { storage } = await edgeTools();
    const blob = new Blob([new Uint8Array(2_500_000).fill(7)], { type: "application/octet-stream" });
    const first = await durableObjectQueue(storage).open();
    await first.append("w", [
      draft(1, { kind: "artifact", blob }),
      draft(2, { kind: "artifact", blob: new Blob() }),
      draft(3, { body: new Uint8Array(2_500_000).fill(7) }),
      draft(4, { body: new Uint8Array(2_500_000).fill(8) }),
    ]);
    await first.close();
    const store = await durableObjectQueue(storage).open();
    const term = await store.beginTerm();
    const bytes = new Uint8Array(await (await store.seal(1, term))!.blob!.arrayBuffer());
    expect(bytes.length).toBe(2_500_000);
    expect(bytes.every((byte) => byte === 7)).toBe(true);
    expect((await store.seal(2, term))?.blob?.size).toBe(0);
    await store.acknowledge(1, term);
    await store.acknowledge(2, term);
    expect(storage.sql.exec("SELECT count(*) AS n FROM spool").toArray()).toEqual([{ n: 0 }]);
    expect((await store.seal(3, term))?.body).toEqual(new Uint8Array(2_500_000).fill(7));
    await store.acknowledge(3, term);
    await store.quarantine(4, term, "refused");
    expect(await store.release(4)).toBe(5);
    expect(storage.sql.exec("SELECT DISTINCT name FROM parts").toArray()).toEqual([{ name: `chunk ${5 * 2 ** 20}` }]);
    await store.quarantine(5, term, "refused");
    expect(await store.discard(5)).toBe(true);
    expect(storage.sql.exec("SELECT count(*) AS n FROM parts").toArray()).toEqual([{ n: 0 }]);
  });

  test("open() forgets the long state and accounts of runs that it forgets", async () => {
    const { storage } = await edgeTools();
    const first = await durableObjectQueue(storage).open();
    const lines = new Uint8Array(2_500_000);
    for (const run of ["gone", "kept"]) {
      await first.append("w", [], new Map([[run, { tags: { t: "語".repeat(800_000) } }]]), [{ run, bucket: 1, lines }]);
    }
    await first.close();
    storage.sql.exec("UPDATE runs SET at = 1 WHERE run = 'gone'");
    const store = await durableObjectQueue(storage).open();
    expect(await store.desired("gone")).toBe(undefined);
    expect((await store.desired("kept"))?.tags?.["t"]).toHaveLength(800_000);
    expect((await store.accounts("kept"))[0]?.lines).toHaveLength(2_500_000);
    const names = storage.sql.exec("SELECT DISTINCT name FROM parts").toArray();
    expect(names).toEqual([{ name: "lines kept w 1" }, { name: "run kept" }]);
  });

  test("append() says which bound a name that is too long meets, and calls nothing damaged", async () => {
    const { storage } = await edgeTools();
    const store = await durableObjectQueue(storage).open();
    const put = store.append("w", [draft(1, { run: "r".repeat(3_000_000) })]);
    await expect(put).rejects.toMatchObject({
      message: expect.stringMatching(
        /Durable Object" as a name in it must be shorter: a row takes 2 MB \(string or blob/,
      ),
      fault: undefined,
    });
  });

  test("the queue keeps and sends long tags, a dataset and what others log, where they are more than a row takes", async () => {
    const { storage } = await edgeTools();
    const { queue, runtime, oracle, problems, start } = harness({ storage: durableObjectQueue(storage) });
    const run = start("a");
    for (let n = 0; n < 100; n++) queue.setTag(run, `t${n}`, "語".repeat(8_000));
    const profile = "p".repeat(2_500_000);
    const dataset = { name: "d", digest: "1", sourceType: "local", source: "{}", schema: "", profile };
    queue.logInputs(run, [{ dataset, tags: {} }]);
    const other = start("b");
    queue.logMetric(other, "m", 1, 1, 1);
    const report = await runtime.clock.until(queue.flush());
    expect(report.pending).toEqual({ points: 0, requests: 0 });
    expect(oracle.named("a").tags.get("t99")).toBe("語".repeat(8_000));
    expect(oracle.named("a").inputs.size).toBe(1);
    expect(oracle.named("b").points.size).toBe(1);
    expect(problems).toEqual([]);
  });

  test("open() refuses an object that keeps something else in its database, and says what", async () => {
    const { storage } = await edgeTools();
    storage.sql.exec("CREATE TABLE mine (a)");
    await expect(durableObjectQueue(storage).open()).rejects.toThrow(/it holds the table "mine"/);
  });
});
