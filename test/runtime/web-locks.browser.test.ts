import { describe, expect, test } from "vitest";
import { webBroadcast } from "../../src/runtime/web-broadcast.ts";
import { namedLocks, webLocks } from "../../src/runtime/web-locks.ts";

const name = (): string => `test-${crypto.randomUUID()}`;

describe("webLocks()", () => {
  test("gives a lock to one, and tells the others at once that it is taken", async () => {
    const locks = webLocks()!;
    const lock = name();
    const unlock = await locks.acquire(lock);
    expect(unlock).toBeInstanceOf(Function);
    expect(await locks.acquire(lock)).toBeUndefined();
    expect(await namedLocks(locks, "of its own").acquire(lock)).toBeInstanceOf(Function);
    unlock!();
    await expect.poll(() => locks.acquire(lock)).toBeInstanceOf(Function);
  });

  test("gives it to who waits when it is free, and rejects when waiting is given up", async () => {
    const locks = webLocks()!;
    const lock = name();
    const unlock = await locks.acquire(lock);
    const gone = new AbortController();
    const given = locks.acquire(lock, { wait: gone.signal });
    const next = locks.acquire(lock, { wait: new AbortController().signal });
    gone.abort();
    await expect(given).rejects.toMatchObject({ name: "AbortError" });
    unlock!();
    expect(await next).toBeInstanceOf(Function);
  });

  test("takes it away from who has it, who is told", async () => {
    const locks = webLocks()!;
    const lock = name();
    let lost = (): void => {};
    const told = new Promise<void>((resolve) => {
      lost = resolve;
    });
    const before = await locks.acquire(lock, { onLost: lost });
    const unlock = await locks.acquire(lock, { steal: true });
    expect(unlock).toBeInstanceOf(Function);
    await told;
    // Letting go of what is lost takes nothing from the one who has it now.
    before!();
    expect(await locks.acquire(lock)).toBeUndefined();
  });
});

describe("webBroadcast()", () => {
  test("tells all others, and nothing after one has left", async () => {
    const channel = webBroadcast(name())!;
    const heard: unknown[] = [];
    const one = channel.join((message) => heard.push(["one", message]));
    const two = channel.join((message) => heard.push(["two", message]));
    const left = channel.join((message) => heard.push(["left", message]));
    left.leave();
    one.post({ n: 1 });
    await expect.poll(() => heard).toEqual([["two", { n: 1 }]]);
    two.leave();
    one.leave();
  });
});
