import { describe, expect, test } from "vitest";
import { HostGate } from "../../src/queue/send/host-gate.ts";
import { harness } from "./harness.ts";

const gate = (): HostGate => new HostGate(() => 1);

describe("HostGate", () => {
  test("stays shut for the whole pause that the server asked for, whatever answers come meanwhile", () => {
    const it = gate();
    it.failed(1_000, 60_000);
    it.ok(2_000);
    expect([it.allows(4, 2_000), it.allows(4, 60_999), it.state]).toEqual([0, 0, "retrying"]);
    expect(it.allows(4, 61_000)).toBe(1);
    it.ok(61_100);
    expect([it.allows(4, 61_100), it.state]).toEqual([3, "ok"]);
  });

  test("forgets an old pause once it is open again", () => {
    const it = gate();
    it.failed(0, 3_600_000);
    it.ok(3_600_000);
    it.hurry();
    it.failed(3_600_001, undefined);
    expect(it.allows(4, 3_600_001 + 1_000)).toBe(1);

    const other = gate();
    for (let n = 0; n < 9; n++) other.failed(0, undefined);
    other.ok(10);
    other.failed(20, undefined);
    expect(other.until).toBe(1_020);
  });

  test("opens at once with an answer when the pause was its own", () => {
    const it = gate();
    it.failed(0, undefined);
    it.ok(1);
    expect(it.allows(4, 1)).toBe(3);
  });

  test("keeps the server's pause through a refusal and a hurry", () => {
    const it = gate();
    it.failed(0, 3_600_000);
    it.refused(1);
    it.hurry();
    expect(it.allows(4, 3_599_999)).toBe(0);
  });

  test("F5 sends fewer requests at once to a host that is slow or fails, down to one, and more again as it recovers", () => {
    const it = gate();
    const allowed = (): number => it.allows(6, 1e9);
    const after = (ms: number): number => {
      it.answered(ms);
      return allowed();
    };
    expect(allowed()).toBe(6);
    expect([30_000, 30_000, 30_000, 30_000].map(after)).toEqual([3, 1, 1, 1]);
    // One more for each round of as many quick answers.
    expect([5, 5, 5, 5, 5, 5].map(after)).toEqual([2, 2, 2, 3, 3, 3]);
    for (let n = 0; n < 20; n++) it.answered(5);
    expect(allowed()).toBe(6);
    it.failed(0, undefined);
    it.ok(1);
    expect(allowed()).toBe(3);
  });

  test("takes failures at three runs in a row for the host's own, and lets one request at a time ask from then on", () => {
    const it = gate();
    it.missed(0, "a", true);
    it.missed(0, "b", true);
    expect([it.allows(4, 0), it.state]).toEqual([4, "ok"]);
    it.missed(0, "c", true);
    expect([it.allows(4, 999), it.allows(4, 1_000), it.state]).toEqual([0, 1, "retrying"]);
    it.missed(1_000, "a", true);
    expect([it.allows(4, 2_999), it.allows(4, 3_000)]).toEqual([0, 1]);
    for (let n = 0; n < 20; n++) it.missed(3_000, "b", true);
    expect([it.allows(4, 12_999), it.allows(4, 13_000)]).toEqual([0, 1]);
    it.ok(13_000);
    it.missed(13_001, "a", true);
    expect(it.state).toBe("ok");
    expect(it.allows(4, 13_001)).toBe(1);
  });

  test("says so, and goes on, while it fails at one run and nothing else is done", () => {
    const it = gate();
    for (let n = 0; n < 20; n++) it.missed(n, "a", true);
    expect([it.allows(4, 20), it.state, it.misses]).toEqual([4, "retrying", 18]);
  });

  test("does not take failures for the host's own while something else is done between", () => {
    const it = gate();
    for (let n = 0; n < 20; n++) {
      it.missed(n, "a", false);
      it.missed(n, "b", true);
      it.ok(n);
    }
    expect([it.allows(4, 20), it.state, it.misses]).toEqual([4, "ok", 0]);
  });

  test("is not taken for one that answers before it did, and not any more when it is silent for long", () => {
    const it = gate();
    it.missed(0, "a", false);
    expect(it.state).toBe("retrying");
    it.ok(1);
    const states = [2, 3, 4].map((now) => {
      it.missed(now, "a", false);
      // Somebody flushes.
      it.hurry();
      return it.state;
    });
    expect([states, it.allows(4, 5)]).toEqual([["ok", "ok", "retrying"], 4]);
    it.ok(6);
    it.missed(7, "a", false);
    expect(it.state).toBe("ok");
    const other = gate();
    other.missed(0, "a", true);
    expect(other.state).toBe("ok");
  });

  test("never sends more requests at once than asked for", () => {
    const it = gate();
    for (let n = 0; n < 100; n++) it.answered(5);
    expect([it.allows(1, 0), it.allows(4, 0)]).toEqual([1, 4]);
  });
});

test("host is never said to be ok in front of a server that takes connections and never answers", async () => {
  const it = harness({ delivery: { requestTimeout: 1_500 } });
  it.oracle.fault = () => ({ delay: 1e9 });
  const seen: string[] = [];
  it.queue.subscribe(({ host }) => void (seen.at(-1) === host || seen.push(host)));
  it.queue.logMetric(it.start("a"), "m", 1, 1, 1);
  for (let n = 0; n < 3; n++) await it.runtime.clock.until(it.queue.flush({ timeout: 3_000 }));
  await it.runtime.clock.advance(10_000);
  expect(seen).toEqual(["unknown", "retrying"]);
  expect(it.problems.map(({ kind }) => kind)).toEqual(["server-unreachable"]);
  it.oracle.fault = () => undefined;
  await it.runtime.clock.until(it.queue.flush());
  expect(it.queue.status().host).toBe("ok");
  await it.runtime.clock.until(it.queue.close());
});
