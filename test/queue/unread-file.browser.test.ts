import { expect, test } from "vitest";
import { indexedDbQueue } from "../../src/queue/storage/indexed-db.ts";
import { harness } from "./harness.ts";
import { newName } from "./storage/indexed-db-tools.ts";

test("logArtifact() rejects, and keeps nothing, of a file that was written since the page opened it", async () => {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("weights.bin", { create: true });
  const write = async (text: string): Promise<void> => {
    const stream = await handle.createWritable();
    await stream.write(text);
    await stream.close();
  };
  await write("one");
  const file = await handle.getFile();
  await write("two and more");
  const it = harness({ storage: indexedDbQueue({ name: newName() }), delivery: { mode: "manual" } });
  const run = it.start("a");
  it.queue.setTag(run, "k", "v");
  const call = it.runtime.clock.until(it.queue.logArtifact(run, "weights.bin", file));
  await expect(call).rejects.toThrow(
    'Cannot log the artifact "weights.bin" as the file of its Blob must not change, and did: open it again',
  );
  expect(it.queue.status()).toMatchObject({ waiting: { points: 0, requests: 2 }, problems: [] });
  await it.runtime.clock.until(it.queue.logArtifact(run, "weights.bin", await handle.getFile()));
  const report = await it.runtime.clock.until(it.queue.flush());
  expect(report).toMatchObject({ pending: { points: 0, requests: 0 }, quarantined: { points: 0, requests: 0 } });
  await it.runtime.clock.until(it.queue.close());
});
