import { describe, expect, test } from "vitest";
import { showPatience } from "../../src/cli/sync-patience.ts";
import { ManualClock } from "../support/manual-clock.ts";

const total = { points: 1_500, requests: 4 };

function setup(interactive = false) {
  const clock = new ManualClock();
  const said: string[] = [];
  const state = { delivered: { points: 0, requests: 0 }, trouble: undefined as string | undefined, elsewhere: false };
  const stop = showPatience({
    file: "queue.db",
    total,
    clock,
    interactive,
    delivered: () => state.delivered,
    trouble: () => state.trouble,
    elsewhere: () => state.elsewhere,
    say: (line) => void said.push(line),
  });
  return { clock, said, state, stop };
}

describe("showPatience()", () => {
  test("says that it goes on, and that nothing is lost by an end, ever more seldom", async () => {
    const { clock, said, state, stop } = setup();
    state.trouble = "no answer came from http://x to 4 tries, the last 3.0 s ago";
    await clock.advance(9_999);
    expect(said).toEqual([]);
    await clock.advance(1);
    expect(said).toEqual([
      "Still trying after 10.0 s: no answer came from http://x to 4 tries, the last 3.0 s ago; tries go on, with growing pauses. Ctrl-C keeps all in queue.db",
    ]);
    await clock.advance(24 * 3_600_000);
    expect(said.length).toBeGreaterThan(20);
    expect(said.length).toBeLessThan(200);
    stop();
    await clock.advance(24 * 3_600_000);
    expect(clock.pending).toBe(0);
  });

  test("says how far it is while something moves, but not beside a bar that shows it", async () => {
    const { clock, said, state } = setup();
    state.delivered = { points: 500, requests: 1 };
    await clock.advance(10_000);
    expect(said).toEqual(["Sent 500 of 1,500 points and 1 of 4 requests after 10.0 s"]);
    const bar = setup(true);
    bar.state.delivered = { points: 500, requests: 1 };
    await bar.clock.advance(10_000);
    expect(bar.said).toEqual([]);
    await bar.clock.advance(60_000);
    expect(bar.said).toEqual(["Still trying after 1 min 00 s. Ctrl-C keeps all in queue.db"]);
  });

  test("says that another process delivers what waits", async () => {
    const { clock, said, state } = setup();
    state.elsewhere = true;
    state.trouble = "never said";
    await clock.advance(10_000);
    expect(said).toEqual([
      "Still waiting after 10.0 s: another process has queue.db open and delivers what waits there. Ctrl-C leaves that to it",
    ]);
  });
});
