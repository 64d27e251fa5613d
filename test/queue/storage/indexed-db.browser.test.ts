import { describe, expect, test } from "vitest";
import { indexedDbQueue } from "../../../src/queue/storage/indexed-db.ts";
import { draft } from "./drafts.ts";
import { newName } from "./indexed-db-tools.ts";

describe("indexedDbQueue in a real browser", () => {
  test("is shared by a page and its worker", async () => {
    const name = newName();
    const store = await indexedDbQueue({ name }).open();
    const worker = new Worker(new URL("./programs/worker.ts", import.meta.url), { type: "module" });
    const done = new Promise<unknown>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    worker.postMessage(name);
    for (let n = 1; n <= 10; n++) await store.append("page", [draft(n)]);
    expect(await done).toBe("done");
    worker.terminate();
    const heads = await store.heads(0, 100);
    expect(heads.map(({ order }) => order)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    for (const writer of ["page", "worker"]) expect(heads.filter((chunk) => chunk.writer === writer)).toHaveLength(10);
    await store.close();
  });

  test("reads the head of a backlog in a time that does not grow with it", async () => {
    const store = await indexedDbQueue({ name: newName() }).open();
    const body = new Uint8Array(17_000);
    const time = async (): Promise<number> => {
      const times: number[] = [];
      for (let n = 0; n < 9; n++) {
        const start = performance.now();
        expect(await store.heads(0, 16)).toHaveLength(16);
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[4]!;
    };
    const grow = async (from: number, to: number): Promise<void> => {
      for (let n = from; n <= to; n += 50) {
        await store.append(
          "w",
          Array.from({ length: 50 }, (_, m) => draft(n + m, { body, kind: "metrics", count: 1_000 })),
        );
      }
    };
    await grow(1, 50);
    const short = await time();
    await grow(51, 2_000);
    const long = await time();
    // 40 times as many chunks; walking them would take some 40 times as long.
    expect(long).toBeLessThan(10 * Math.max(short, 1));
    await store.close();
  });
});
