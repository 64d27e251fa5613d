import { describe, expect, test } from "vitest";
import { r2Artifacts } from "../../../src/server/artifacts/r2.ts";
import { edgeTools } from "../../edge/edge-tools.ts";
import { artifactStoreContract, bytes, stream } from "./store-contract.ts";

let stores = 0;

artifactStoreContract("r2Artifacts()", async () => {
  const { bucket } = await edgeTools();
  return r2Artifacts(bucket, { prefix: `contract/${++stores}/` });
});

describe("r2Artifacts()", () => {
  test("write() sends what is longer than a part in parts, and nothing is seen of what breaks off between them", async () => {
    const { bucket } = await edgeTools();
    const store = r2Artifacts(bucket, { prefix: "parts" });
    const mega = "x".repeat(1_000_000);
    const long = Array.from({ length: 18 }, () => mega);
    await store.write("long", stream(long));
    expect(await store.stat("long")).toMatchObject({ isDirectory: false, size: 18_000_000 });
    const end = await new Response(await store.read("long", { start: 17_999_998, end: 17_999_999 })).text();
    expect(end).toBe("xx");
    await expect(store.write("short", stream(long), 18_000_001)).rejects.toMatchObject({ reason: "incomplete" });
    expect(await store.stat("short")).toBeUndefined();
  });

  test("list() and delete() go through more than a page, and touch nothing beside their directory", async () => {
    const { bucket } = await edgeTools();
    const store = r2Artifacts(bucket, { prefix: "pages" });
    const names = Array.from({ length: 1_005 }, (_, n) => `f${String(n).padStart(4, "0")}`);
    for (let at = 0; at < names.length; at += 100) {
      await Promise.all(names.slice(at, at + 100).map((name) => bucket.put(`pages/d/${name}`, bytes("x"))));
    }
    await bucket.put("pages/dd", bytes("y"));
    expect((await store.list("d")).map(({ name }) => name)).toEqual(names);
    await store.delete("d");
    expect(await store.list("")).toEqual([{ name: "dd", isDirectory: false, size: 1 }]);
    await bucket.put("other", bytes("z"));
    await store.delete("");
    expect(await store.list("")).toEqual([]);
    expect(await bucket.head("other")).not.toBe(null);
  });
});
