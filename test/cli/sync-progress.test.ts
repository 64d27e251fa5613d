import { describe, expect, test } from "vitest";
import { showProgress } from "../../src/cli/sync-progress.ts";
import type { QueueStatus } from "../../src/queue/types.ts";
import { defaultRuntime } from "../../src/runtime/default-runtime.ts";
import { ManualClock } from "../support/manual-clock.ts";

const none = { points: 0, requests: 0 };
const total = { points: 1_500, requests: 4 };

function setup(interactive: boolean, columns = 120) {
  const clock = new ManualClock();
  const written: string[] = [];
  const listeners = new Set<(status: QueueStatus) => void>();
  let status: QueueStatus = {
    waiting: total,
    inFlight: none,
    delivered: none,
    parked: none,
    quarantined: none,
    dropped: none,
    host: "unknown",
    lag: 0,
    storage: "queue.db",
    problems: [],
  };
  const queue = {
    status: () => status,
    subscribe(listener: (status: QueueStatus) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const terminal = { interactive, columns: () => columns, writeError: (text: string) => void written.push(text) };
  const progress = showProgress(queue, total, defaultRuntime({ clock, terminal }));
  const change = (next: Partial<QueueStatus>): void => {
    status = { ...status, ...next };
    for (const listener of listeners) listener(status);
  };
  return { clock, written, listeners, progress, change };
}

describe("showProgress()", () => {
  test("draws a bar on a terminal, ten times a second at most, and takes it away", async () => {
    const { clock, written, listeners, progress, change } = setup(true);
    expect(written).toEqual(["\r\u001b[K[------------------------] 0 %  0 of 1,500 points, 0 of 4 requests"]);
    for (let n = 1; n <= 50; n++) change({ delivered: { points: n, requests: 1 } });
    expect(written).toHaveLength(1);
    await clock.advance(100);
    change({ delivered: { points: 750, requests: 2 }, host: "retrying", quarantined: { points: 0, requests: 1 } });
    expect(written.at(-1)).toBe(
      "\r\u001b[K[############------------] 50 %  750 of 1,500 points, 2 of 4 requests  1 refused  no answer, trying again",
    );
    progress.end();
    expect(written.at(-1)).toBe("\r\u001b[K");
    expect(listeners.size).toBe(0);
  });

  test("writes lines above the bar, and stays within the width of the terminal", () => {
    const { written, progress } = setup(true, 40);
    const bar = "[------------------------] 0 %  0 of 1,…";
    expect(written).toEqual([`\r\u001b[K${bar.slice(0, 38)}…`]);
    progress.say("Cannot reach it");
    expect(written.at(-1)).toBe(`\r\u001b[KCannot reach it\n${bar.slice(0, 38)}…`);
  });

  test("draws a bar for a terminal that does not know its width", () => {
    expect(setup(true, 0).written[0]).toContain("0 of 4 requests");
  });

  test("draws nothing where there is no terminal, but says what is to be said", async () => {
    const { clock, written, progress, change } = setup(false);
    await clock.advance(1_000);
    change({ delivered: total });
    progress.say("Cannot reach it");
    progress.end();
    expect(written).toEqual(["Cannot reach it\n"]);
  });
});
