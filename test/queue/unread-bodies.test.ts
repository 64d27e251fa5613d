import { describe, expect, test } from "vitest";
import { indexedDbQueue } from "../../src/queue/storage/indexed-db.ts";
import { memoryQueue } from "../../src/queue/storage/memory.ts";
import { detectRuntime } from "../../src/runtime/detect-runtime.ts";
import { harness } from "./harness.ts";
import { newName } from "./storage/indexed-db-tools.ts";
import { unreadBodies } from "./unread-bodies.ts";

describe("in memory", () => unreadBodies(async () => memoryQueue()));

// Elsewhere its stand-in clones no Blob.
describe.runIf(["node", "browser"].includes(detectRuntime()))("in IndexedDB", () => {
  unreadBodies(async () => indexedDbQueue({ name: newName() }));
});

test("logArtifact() refuses the same File, logged again after it changed", async () => {
  const it = harness({ delivery: { mode: "manual" } });
  const run = it.start("a");
  let whole = true;
  class Picked extends File {
    override slice(...given: Parameters<Blob["slice"]>): Blob {
      const part = super.slice(...given);
      if (!whole)
        part.arrayBuffer = async () => {
          throw new DOMException("changed", "NotReadableError");
        };
      return part;
    }
  }
  const file = new Picked(["bytes"], "w.bin");
  await it.runtime.clock.until(it.queue.logArtifact(run, "w.bin", file));
  whole = false;
  const other = new Picked(["bytes"], "w.bin");
  const said = (body: Blob): Promise<string> =>
    it.runtime.clock.until(
      it.queue.logArtifact(run, "w2.bin", body).then(
        () => "kept",
        () => "refused",
      ),
    );
  expect(await said(other)).toBe("refused");
  expect(await said(file)).toBe("refused");
});
