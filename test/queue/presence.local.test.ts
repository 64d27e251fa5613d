import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sqliteQueue } from "../../src/queue/storage/sqlite.ts";
import { fileLocks } from "../../src/queue/storage/sqlite-locks.ts";
import { manualRuntime } from "../support/manual-runtime.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { harness } from "./harness.ts";

const directory = temporaryDirectories();

describe("A queue whose folder is removed while it is in use", () => {
  test("F29 shows anew that it lives, so that no other process ends its runs", async () => {
    const folder = join(await directory(), ".tracklet");
    const path = join(folder, "queue.db");
    const storage = sqliteQueue({ path });
    await storage.open();
    const it = harness({ storage });
    it.start("before");
    await it.runtime.clock.until(it.queue.flush());
    rmSync(folder, { recursive: true });
    it.start("after");
    await it.runtime.clock.until(it.queue.flush());
    it.queue.pause();
    const others = sqliteQueue({ path });
    await others.open();
    const runtime = manualRuntime({ clock: it.runtime.clock, seed: 2 });
    const other = harness({ storage: others, oracle: it.oracle, runtime });
    other.start("other");
    await it.runtime.clock.advance(300_000);
    expect(it.oracle.named("other").status).toBe("RUNNING");
    expect(it.oracle.named("after").status).toBe("RUNNING");
    await it.runtime.clock.until(it.queue.close());
    await it.runtime.clock.advance(100_000);
    // Nobody else shows it any more.
    expect(it.oracle.named("after").status).toBe("FAILED");
    await it.runtime.clock.until(other.queue.close());
  });
});

describe("fileLocks()", () => {
  test("asks for the file that is there, when the one that was tried before was removed", async () => {
    const folder = join(await directory(), "locks");
    const [one, two] = [fileLocks(folder), fileLocks(folder)];
    const old = await one.acquire("leader");
    expect(await two.acquire("leader")).toBeUndefined();
    rmSync(folder, { recursive: true });
    const unlock = await two.acquire("leader");
    expect(unlock).toBeInstanceOf(Function);
    expect(await one.acquire("leader")).toBeUndefined();
    old!();
    expect(await one.acquire("leader")).toBeUndefined();
    unlock!();
    for (const locks of [one, two]) locks.close();
  });
});
