import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";
import type { Files } from "../../../src/runtime/ports/files.ts";
import { type CreateTarget, freshName, type Target, withBench } from "./target.ts";

/** Artifacts from and to the local file system; `temporary` is a folder for the suite. */
export function fileSuite(createTarget: CreateTarget, temporary: string): void {
  let target: Target;
  const files = defaultRuntime().files as Files;
  beforeAll(async () => {
    target = await createTarget();
  });
  afterAll(() => target.close());

  describe("files", () => {
    test("S2.4 a file and a directory go up and come down as they were", async () => {
      await withBench(target, {}, async ({ tracker }) => {
        const folder = files.join(temporary, freshName("up"));
        await files.write(files.join(folder, "config.json"), '{"a":1}');
        await files.write(
          files.join(folder, "deep", "weights.bin"),
          Uint8Array.from({ length: 70_000 }, (_, n) => n % 256),
        );
        const run = tracker.startRun();
        await run.logArtifacts(folder, "model");
        await run.logArtifact(files.join(folder, "config.json"));
        await run.logArtifact(folder, "whole");
        await run.end();
        const to = files.join(temporary, freshName("down"));
        const local = await tracker.downloadArtifacts(run.localId, "model", { to });
        expect(local).toBe(files.join(to, "model"));
        expect(await files.readText(files.join(local, "config.json"))).toBe('{"a":1}');
        const bytes = new Uint8Array(await (await files.open(files.join(local, "deep", "weights.bin"))).arrayBuffer());
        expect(bytes.length).toBe(70_000);
        expect(bytes.every((byte, n) => byte === n % 256)).toBe(true);
        const single = await tracker.downloadArtifacts(run.localId, "config.json", { to });
        expect(await files.readText(single)).toBe('{"a":1}');
        const all = await tracker.downloadArtifacts(run.localId, undefined, { to: files.join(to, "all") });
        expect((await files.list(all)).map((entry) => entry.name)).toEqual(["config.json", "model", "whole"]);
        await expect(tracker.downloadArtifacts(run.localId, "none.txt", { to })).rejects.toThrow("none.txt");
        const taken = tracker.downloadArtifacts(run.localId, "config.json", { to: single });
        await expect(taken).rejects.toThrow(
          `Cannot download artifacts to "${single}" as a file is in the way of the directory "${single}": move it away`,
        );
        await expect(tracker.downloadArtifacts(run.localId, "../up", { to })).rejects.toThrow(
          "Cannot use the artifact path",
        );
      });
    });

    test("a checkpoint that is overwritten each epoch goes out as it was", async () => {
      await withBench(target, { delivery: { mode: "manual" } }, async ({ tracker }) => {
        const path = files.join(temporary, freshName("checkpoint"));
        const run = tracker.startRun();
        for (const epoch of [1, 2]) {
          await files.write(path, `epoch ${epoch}`);
          await run.logArtifact(path, "checkpoints", { name: `${epoch}.txt` });
        }
        await run.end();
        await tracker.flush();
        const texts = [1, 2].map(async (n) => (await tracker.openArtifact(run.localId, `checkpoints/${n}.txt`)).text());
        expect(await Promise.all(texts)).toEqual(["epoch 1", "epoch 2"]);
      });
    });
  });
}
