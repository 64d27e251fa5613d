import { describe, expect, test } from "vitest";
import { StorageError } from "../../src/errors/usage-errors.ts";
import { ofFile } from "../../src/queue/chunk/file-body.ts";
import type { QueueStorage } from "../../src/queue/storage.ts";
import { flaky, type When } from "./flaky-storage.ts";
import { type Harness, harness, row } from "./harness.ts";

const nothing = { points: 0, requests: 0 };

/** A Blob of a file that stays as it is for as long as `isUnchanged` says so. */
function fileBlob(text: string, isUnchanged: () => boolean, inPlace = false): Blob {
  const file = { path: "/data/w.bin", size: text.length, modified: 1, inPlace };
  return ofFile(new Blob([text]), { ...file, isUnchanged: async () => isUnchanged() });
}

const changed =
  'Cannot log the artifact "/data/w.bin" as the file must not change while it is read, and did: log it again once it is written';

/** Logs an artifact, and gives what the call rejects with; undefined when it keeps it. */
async function log({ queue, runtime }: Harness, body: Blob): Promise<string | undefined> {
  const call = queue.logArtifact("local-a", "w.bin", body).then(
    () => undefined,
    ({ message }: Error) => message,
  );
  return runtime.clock.until(call);
}

/** What each storage does with bodies that cannot be read; `left` gives what lies beside its chunks. */
export function unreadBodies(make: () => Promise<QueueStorage>, left: () => readonly string[] = () => []): void {
  describe("Queue with a body that cannot be read as it was logged", () => {
    test.each([false, true])("keeps nothing of it, and all else of the same put (in place: %s)", async (inPlace) => {
      const storage = await make();
      const it = harness({ storage, delivery: { mode: "manual" } });
      const run = it.start("a");
      it.queue.logMetric(run, "m", 1, 1, 1);
      it.queue.setTag(run, "before", "1");
      const call = log(
        it,
        fileBlob("bytes", () => false, inPlace),
      );
      it.queue.setTag(run, "after", "1");
      expect(await call).toBe(changed);
      expect(it.queue.status()).toMatchObject({ waiting: { points: 1, requests: 3 }, dropped: nothing, problems: [] });
      expect(await (await storage.open()).status()).toMatchObject({
        blobBytes: 0,
        waiting: { points: 1, requests: 3 },
      });
      expect(left()).toEqual([]);
      const kinds = async (): Promise<string[]> => (await it.queue.receipt(run)).lines.map(({ kind }) => kind);
      expect(await kinds()).not.toContain("artifact");
      it.queue.updateRun(run, { status: "FINISHED", endTime: 5 });
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ pending: nothing, quarantined: nothing, dropped: nothing, problems: [] });
      const found = it.oracle.named("a");
      expect([...found.points]).toEqual([row("m", 1, 1, 1)]);
      expect([found.tags.get("before"), found.tags.get("after"), found.status]).toEqual(["1", "1", "FINISHED"]);
      expect(await kinds()).not.toContain("artifact");
      await it.runtime.clock.until(it.queue.close());
    });

    test("counts only the call that was kept of one path", async () => {
      const it = harness({ storage: await make(), delivery: { mode: "manual" } });
      const run = it.start("a");
      for (let n = 0; n < 3; n++)
        expect(
          await log(
            it,
            fileBlob("bytes", () => false),
          ),
        ).toBe(changed);
      expect(
        await log(
          it,
          fileBlob("bytes", () => true),
        ),
      ).toBe(undefined);
      expect(left()).toHaveLength(left().length === 0 ? 0 : 1);
      const { waiting } = it.queue.status();
      expect(waiting).toEqual({ points: 0, requests: 2 });
      expect(await it.runtime.clock.until(it.queue.flush())).toMatchObject({ pending: nothing, quarantined: nothing });
      const [line] = (await it.queue.receipt(run)).lines;
      expect(line).toMatchObject({ kind: "artifact", logged: 1, acknowledged: 1, quarantined: 0, dropped: 0 });
      await it.runtime.clock.until(it.queue.close());
    });

    test.each(["decimate", "block"] as const)("gives the room back that it took (%s)", async (whenFull) => {
      const delivery = { mode: "manual", maxStoredBytes: 1_000, whenFull } as const;
      const it = harness({ storage: await make(), delivery });
      it.start("a");
      const most = "x".repeat(1_000);
      for (let n = 0; n < 3; n++)
        expect(
          await log(
            it,
            fileBlob(most, () => false),
          ),
        ).toBe(changed);
      expect(
        await log(
          it,
          fileBlob(most, () => true),
        ),
      ).toBe(undefined);
      await it.runtime.clock.until(it.queue.close());
    });

    test("drops it, and says so, when its call was told that it waits in memory for the storage", async () => {
      let [full, whole] = [true, true];
      const error = new StorageError("no room", { fault: "full" });
      const storage = flaky((name) => (full && name === "append" ? "before" : undefined), error, await make());
      const it = harness({ storage, delivery: { flushInterval: 100 } });
      const run = it.start("a");
      // What the storage itself copies is read when it has room.
      const copies = (await storage.open()).copies === true;
      expect(
        await log(
          it,
          fileBlob("bytes", () => whole),
        ),
      ).toContain("it is in memory and tried again");
      expect(it.queue.status().waiting.requests).toBe(2);
      [full, whole] = [false, false];
      const report = await it.runtime.clock.until(it.queue.flush());
      const [line] = (await it.queue.receipt(run)).lines;
      await it.runtime.clock.until(it.queue.close());
      expect(report).toMatchObject({ pending: nothing, quarantined: nothing });
      if (!copies) return expect(line).toMatchObject({ logged: 1, acknowledged: 1 });
      expect(line).toMatchObject({ logged: 1, acknowledged: 0, dropped: 1, quarantined: 0 });
      expect(report.dropped).toEqual({ points: 0, requests: 1 });
      const told = it.problems.filter(({ kind }) => kind === "dropped").map(({ message }) => message);
      expect(told).toEqual([
        `Cannot keep artifact "w.bin", which waited in memory for its storage, so that it is dropped. ${changed}`,
      ]);
    });

    test("keeps it when its put took place although it said that it failed, whatever becomes of the file", async () => {
      let [fails, whole]: [When | undefined, boolean] = ["after", true];
      const storage = flaky((name) => (name === "append" ? fails : undefined), undefined, await make());
      const it = harness({ storage, delivery: { flushInterval: 100 } });
      const run = it.start("a");
      expect(
        await log(
          it,
          fileBlob("bytes", () => whole),
        ),
      ).toContain("tried again");
      [fails, whole] = [undefined, false];
      // A flush may end with the put that fails.
      await it.runtime.clock.until(
        new Promise<void>((resolve) => {
          it.queue.subscribe(({ delivered }) => delivered.requests === 2 && resolve());
        }),
      );
      const report = await it.runtime.clock.until(it.queue.flush());
      expect(report).toMatchObject({ pending: nothing, quarantined: nothing, dropped: nothing });
      const [line] = (await it.queue.receipt(run)).lines;
      expect(line).toMatchObject({ logged: 1, acknowledged: 1 });
      await it.runtime.clock.until(it.queue.close());
    });
  });
}
