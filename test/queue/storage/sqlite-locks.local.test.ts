import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fileLocks } from "../../../src/queue/storage/sqlite-locks.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const directory = temporaryDirectories();

describe("fileLocks()", () => {
  test("excludes others in the same process, until the lock is let go of", async () => {
    const folder = join(await directory(), "queue.db-locks");
    const [one, two] = [fileLocks(folder), fileLocks(folder)];
    const unlock = await one.acquire("leader");
    expect(unlock).toBeInstanceOf(Function);
    expect(await two.acquire("leader")).toBeUndefined();
    expect(await one.acquire("leader", { steal: true })).toBeUndefined();
    expect(await two.acquire("another one")).toBeInstanceOf(Function);
    unlock!();
    const next = await two.acquire("leader");
    expect(next).toBeInstanceOf(Function);
    expect(await one.acquire("leader")).toBeUndefined();
    next!();
    one.close();
    two.close();
  });

  test("leaves the file of a lock, and that of one that is taken once only while it is held", async () => {
    const folder = join(await directory(), "locks");
    const locks = fileLocks(folder);
    expect(existsSync(folder)).toBe(false);
    const kept = await locks.acquire("leader");
    const once = await locks.acquire("writer-a/b", { once: true });
    expect(readdirSync(folder).sort()).toEqual(["leader", "writer-a%2Fb"]);
    kept!();
    once!();
    expect(readdirSync(folder)).toEqual(["leader"]);
    locks.close();
  });

  test("rejects where no file can be made", async () => {
    const locks = fileLocks(join(await directory(), "no\0name"));
    await expect(locks.acquire("leader")).rejects.toBeInstanceOf(Error);
  });
});
