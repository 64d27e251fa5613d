import { describe, expect, test } from "vitest";
import type { QueueFile } from "../../src/cli/queue-file.ts";
import { type SyncEnd, syncSummary } from "../../src/cli/sync-summary.ts";

const none = { points: 0, requests: 0 };

function fileOf(points: number, runs: QueueFile["runs"] = []): QueueFile {
  const counts = { waiting: { points, requests: 0 }, delivered: none, dropped: none, quarantined: none };
  const more = { bytes: 0, blobBytes: 0, order: 0 };
  return {
    name: "q.db",
    version: 1,
    counts: { ...counts, ...more },
    destination: undefined,
    runs,
    quarantined: [],
    open: [],
  };
}

const run = {
  run: "a",
  runId: undefined,
  name: "a",
  points: 9,
  requests: 0,
  bytes: 9,
  since: 0,
  at: undefined,
  parked: undefined,
};

function summary(more: Partial<SyncEnd>): string[] {
  return syncSummary({
    delivered: none,
    by: "this",
    retried: 0,
    discarded: 0,
    movedAside: [],
    before: fileOf(9, [run]),
    after: fileOf(9, [run]),
    label: "http://x",
    timeout: undefined,
    stopped: false,
    why: [],
    trouble: undefined,
    ...more,
  });
}

describe("syncSummary()", () => {
  test("says who sent what was delivered meanwhile", () => {
    const delivered = { points: 9, requests: 0 };
    const first = (by: SyncEnd["by"]): string | undefined => summary({ delivered, by, after: fileOf(0) })[0];
    expect(first("this")).toBe("Sent 9 points and 0 requests to http://x");
    expect(first("others")).toBe("Another program, which has the file open, sent 9 points and 0 requests to http://x");
    expect(first("all")).toContain("together with another program");
  });

  test("says that there was nothing to do only when there was nothing", () => {
    expect(summary({ before: fileOf(0), after: fileOf(0) })).toEqual(["Nothing to do: nothing waits in q.db"]);
    // Another process has sent it.
    expect(summary({ after: fileOf(0) })).toEqual(["Nothing waits in q.db"]);
    expect(summary({ before: fileOf(0), after: fileOf(0), retried: 2 })).toEqual([
      "Tried again what was quarantined: 2 items",
      "Nothing waits in q.db",
    ]);
  });

  test("says why something is left", () => {
    const left = "Left in q.db: 9 points and 0 requests";
    expect(summary({ why: ["Cannot POST"] })).toEqual([left, "  Cannot POST"]);
    expect(summary({ timeout: 3 })).toEqual([left, "  Not all was sent after 3 s: give more time with --timeout"]);
    expect(summary({ timeout: 3, trouble: "no answer came" })).toEqual([
      left,
      "  Not all was sent after 3 s: no answer came",
    ]);
    expect(summary({ stopped: true, trouble: "no answer came" })).toEqual([
      left,
      "  Stopped before the end: the same command goes on",
    ]);
  });

  test("says that what is counted is not there, as in a file that was saved from a damaged one", () => {
    expect(summary({ after: fileOf(9) })[1]).toBe("  It is counted, but not in the file any more: nothing can send it");
  });
});
