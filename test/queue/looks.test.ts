import { describe, expect, test } from "vitest";
import { parseNote } from "../../src/queue/lead/note-text.ts";
import type { OracleCall, OracleFault } from "../support/oracle-server.ts";
import { type Harness, harness } from "./harness.ts";

/** Doubts that whoever leads knows of, as they are kept. */
const doubtsOf = async ({ storage }: Harness): Promise<readonly unknown[]> =>
  parseNote(await (await storage.open()).note()).doubts;

/** So many runs, each with a tag of which it is not known whether an older value may come late. */
async function inDoubt(count: number) {
  // So long that none of them is looked at before all are in doubt.
  const it = harness({ delivery: { requestTimeout: 600_000 } });
  const runs = Array.from({ length: count }, (_, n) => it.start(`r${n}`));
  await it.runtime.clock.until(it.queue.flush());
  const lost = new Set<unknown>();
  it.oracle.fault = (call) => {
    if (!call.path.endsWith("log-batch") || lost.has(call.body["run_id"])) return undefined;
    lost.add(call.body["run_id"]);
    return { status: 500, act: true };
  };
  for (const run of runs) it.queue.setTag(run, "k", "v");
  await it.runtime.clock.until(it.queue.flush());
  expect(await doubtsOf(it)).toHaveLength(count);
  const asked: string[] = [];
  /** All requests are answered so from now on. */
  const answer = (fault: (call: OracleCall) => OracleFault | undefined): void => {
    it.oracle.fault = (call) => {
      asked.push(`${call.path.split("/").at(-1)} ${call.body["run_id"] ?? ""}`.trim());
      return fault(call);
    };
  };
  return { it, runs, asked, answer };
}

describe("Queue with runs in doubt, of which nothing waits,", () => {
  const away: [string, OracleFault, number][] = [
    ["gives no answer", "drop-before", 40],
    ["answers 503", { status: 503 }, 40],
    ["answers 429 with Retry-After", { status: 429, headers: { "retry-after": "3600" } }, 4],
  ];
  test.each(away)(
    "F1 F7 asks a server that %s by one request at a time, with pauses, and tells it",
    async (_, fault, most) => {
      const { it, asked, answer } = await inDoubt(20);
      answer(() => fault);
      await it.runtime.clock.advance(3_500_000);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.length).toBeLessThanOrEqual(most);
      expect(it.queue.status().host).toBe("retrying");
      answer(() => undefined);
      await it.runtime.clock.advance(1_200_000);
      expect(await doubtsOf(it)).toEqual([]);
      expect(it.queue.status()).toMatchObject({ host: "ok", problems: [] });
    },
  );

  test("tells of a server that refuses everybody, and makes sure of the runs once it does not", async () => {
    for (const status of [401, 403]) {
      const { it, asked, answer } = await inDoubt(20);
      answer(() => ({ status }));
      await it.runtime.clock.advance(3_600_000);
      expect(it.queue.status()).toMatchObject({ host: "refused", problems: [{ kind: "server-refused" }] });
      expect(asked.length).toBeLessThan(150);
      answer(() => undefined);
      await it.runtime.clock.advance(1_200_000);
      expect(await doubtsOf(it)).toEqual([]);
      expect(it.queue.status()).toMatchObject({ host: "ok", problems: [] });
    }
  });

  test.each([
    { status: 403, errorCode: "PERMISSION_DENIED" },
    { status: 400, errorCode: "INVALID_PARAMETER_VALUE" },
  ])("F45 gives up, and tells once, a run that it is refused for an hour: %j", async (refusal) => {
    const { it, runs, asked, answer } = await inDoubt(3);
    const [refused] = runs;
    const id = it.queue.knownRunId(refused!)!;
    answer(({ body }) => (body["run_id"] === id ? refusal : undefined));
    await it.runtime.clock.advance(86_400_000);
    expect(asked.filter((what) => what.includes(id)).length).toBeLessThan(15);
    expect(await doubtsOf(it)).toEqual([]);
    expect(it.queue.status().host).toBe("ok");
    const told = it.problems.filter(({ kind }) => kind === "server-refused");
    expect(told).toMatchObject([
      { run: refused, message: expect.stringMatching(/ gives it up: .* overwritten tag "k"\./) },
    ]);
  });

  test("makes sure of a run that it was refused for less than an hour, and tells nothing", async () => {
    const { it, answer } = await inDoubt(1);
    answer(() => ({ status: 403, errorCode: "PERMISSION_DENIED" }));
    await it.runtime.clock.advance(3_600_000);
    const [run] = it.oracle.runs.values();
    run!.tags.set("k", "late");
    answer(() => undefined);
    await it.runtime.clock.advance(1_200_000);
    expect(run!.tags.get("k")).toBe("v");
    expect(await doubtsOf(it)).toEqual([]);
    expect(it.problems.map(({ kind }) => kind)).not.toContain("server-refused");
  });

  test("keeps the doubt about a run that waits for a person however long it is refused", async () => {
    const { it, runs, answer } = await inDoubt(1);
    const [run] = runs;
    answer(() => ({ status: 403, errorCode: "PERMISSION_DENIED" }));
    it.queue.setTag(run!, "other", "1");
    await it.runtime.clock.advance(86_400_000);
    expect(it.problems.map(({ kind }) => kind)).toContain("run-parked");
    const [{ tags } = { tags: new Map<string, string>() }] = it.oracle.runs.values();
    tags.set("k", "late");
    answer(() => undefined);
    it.queue.resume();
    await it.runtime.clock.advance(1_200_000);
    expect([...tags]).toEqual(
      expect.arrayContaining([
        ["k", "v"],
        ["other", "1"],
      ]),
    );
    expect(await doubtsOf(it)).toEqual([]);
  });

  test("asks ever more seldom for one run at which the server always fails, which keeps no other from being looked at", async () => {
    const { it, runs, asked, answer } = await inDoubt(10);
    const id = it.queue.knownRunId(runs[0]!)!;
    answer(({ body }) => (body["run_id"] === id ? { status: 502 } : undefined));
    await it.runtime.clock.advance(1_200_000);
    expect(await doubtsOf(it)).toHaveLength(1);
    await it.runtime.clock.advance(7_200_000);
    expect(asked.filter((what) => what.includes(id)).length).toBeLessThan(25);
    answer(() => undefined);
    await it.runtime.clock.advance(1_200_000);
    expect(await doubtsOf(it)).toEqual([]);
  });

  test("tells of each doubt that is given up, also of a later one of the same run", async () => {
    const it = harness();
    const run = it.start("a");
    await it.runtime.clock.until(it.queue.flush());
    let late = 0;
    it.oracle.fault = ({ path, body }) => {
      if (path.endsWith("runs/get")) return { status: 403, errorCode: "PERMISSION_DENIED" };
      return path.endsWith("log-batch") && "tags" in body && late-- > 0 ? { late: 2_000 } : undefined;
    };
    for (const key of ["first", "second"]) {
      late = 1;
      it.queue.setTag(run, key, "old");
      await it.runtime.clock.advance(1_000);
      it.queue.setTag(run, key, "new");
      await it.runtime.clock.advance(3 * 3_600_000);
    }
    const told = it.problems.filter(({ kind }) => kind === "server-refused").map(({ message }) => message);
    expect(told).toEqual([expect.stringContaining('tag "first"'), expect.stringContaining('tag "second"')]);
    expect(it.queue.status().problems.map(({ message }) => message)).toEqual(told);
  });
});
