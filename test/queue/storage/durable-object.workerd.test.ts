import { describe, expect, test } from "vitest";
import { durableObjectQueue } from "../../../src/queue/storage/durable-object.ts";
import { queueContract } from "../../../src/queue/contract.ts";
import { edgeTools } from "../../edge/edge-tools.ts";
import { draft } from "./drafts.ts";

describe("durableObjectQueue()", () => {
  queueContract(async () => durableObjectQueue((await edgeTools()).storage), { test, expect });

  test("open() of another queue of the same object finds what waits, with a body larger than a row may be", async () => {
    const { storage } = await edgeTools();
    const blob = new Blob([new Uint8Array(2_500_000).fill(7)], { type: "application/octet-stream" });
    const first = await durableObjectQueue(storage).open();
    await first.append("w", [draft(1, { kind: "artifact", blob }), draft(2, { kind: "artifact", blob: new Blob() })]);
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
  });

  test("open() refuses an object that keeps something else in its database, and says what", async () => {
    const { storage } = await edgeTools();
    storage.sql.exec("CREATE TABLE mine (a)");
    await expect(durableObjectQueue(storage).open()).rejects.toThrow(/it holds the table "mine"/);
  });
});
