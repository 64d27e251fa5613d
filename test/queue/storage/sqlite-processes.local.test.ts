import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeChunk } from "../../../src/queue/chunk/content.ts";
import type { ChunkHeader } from "../../../src/queue/chunk/stored-chunk.ts";
import type { QueueStore } from "../../../src/queue/storage.ts";
import { sqliteQueue } from "../../../src/queue/storage/sqlite.ts";
import { startProgram } from "../../support/start-program.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const directory = temporaryDirectories();
const program = new URL("./programs/append.ts", import.meta.url);

async function all(store: QueueStore): Promise<readonly ChunkHeader[]> {
  const found: ChunkHeader[] = [];
  for (let after = 0; ; after = found.at(-1)!.order) {
    const page = await store.heads(after, 100);
    if (page.length === 0) return found;
    found.push(...page);
  }
}

describe("sqliteQueue in several processes", () => {
  test("F31 has every chunk that was durable when its process was killed, whole and once", {
    timeout: 60_000,
  }, async () => {
    const path = join(await directory(), "queue.db");
    let durable = 0;
    for (const [round, line] of ["durable 1 ", "durable 7 ", "durable 40 "].entries()) {
      const child = startProgram(program, [path, `writer${round}`]);
      await child.line(line);
      child.kill("SIGKILL");
      const { signal, stdout, stderr } = await child.end;
      expect(stderr).toBe("");
      expect(signal).toBe("SIGKILL");
      durable += stdout.split("\n").slice(0, -1).length;
    }
    const store = await sqliteQueue({ path }).open();
    const chunks = await all(store);
    // Some more of each process may have become durable before it could say so.
    expect(chunks.length).toBeGreaterThanOrEqual(durable);
    for (const name of ["writer0", "writer1", "writer2"]) {
      const own = chunks.filter(({ writer }) => writer === name).map(({ sequence }) => sequence);
      expect(own).toEqual(own.map((_, n) => n + 1));
    }
    expect(chunks.map(({ order }) => order)).toEqual(chunks.map((_, n) => n + 1));
    expect((await store.status()).waiting.requests).toBe(chunks.length);
    const term = await store.beginTerm();
    for (const { order, sequence, kind } of chunks) {
      const chunk = (await store.seal(order, term))!;
      decodeChunk(chunk);
      if (kind === "artifact") expect(await chunk.blob?.text()).toBe(`body ${sequence}`);
      await store.acknowledge(order, term);
    }
    // A body may have been written for a chunk that was not: it is swept later.
    expect(readdirSync(`${path}-spool`).length).toBeLessThanOrEqual(3);
    await store.close();
  });

  test("F43 has the chunks of all of them once, in one order, when they make and write the file at the same time", {
    timeout: 60_000,
  }, async () => {
    const path = join(await directory(), "queue.db");
    const writers = ["a", "b", "c"];
    const ends = await Promise.all(writers.map((writer) => startProgram(program, [path, writer, "60"]).end));
    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(writers.map(() => [0, ""]));
    const store = await sqliteQueue({ path }).open();
    const chunks = await all(store);
    expect(chunks.map(({ order }) => order)).toEqual(Array.from({ length: 180 }, (_, n) => n + 1));
    for (const name of writers) {
      const own = chunks.filter(({ writer }) => writer === name).map(({ sequence }) => sequence);
      expect(own).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    }
    expect((await store.status()).waiting.requests).toBe(180);
    await store.close();
  });
});
