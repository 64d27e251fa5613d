import { describe, expect, test } from "vitest";
import { Problems } from "../../src/queue/problems.ts";
import type { Problem } from "../../src/queue/types.ts";

describe("Problems", () => {
  test("tells a problem once while it stands, and again when it comes back", () => {
    const told: Problem[] = [];
    const problems = new Problems((problem) => told.push(problem));
    const outage = { kind: "server-unreachable", message: "down" } as const;
    const other = { kind: "run-parked", run: "a", message: "parked" } as const;
    for (const problem of [outage, outage, other, other]) problems.report(problem);
    problems.tell();
    expect(told).toEqual([outage, other]);
    problems.solve("server-unreachable");
    expect(problems.list()).toEqual([other]);
    for (const problem of [outage, outage, other]) problems.report(problem);
    problems.tell();
    expect(told).toEqual([outage, other, outage]);
    problems.solve("run-parked", "b");
    problems.report(other);
    problems.tell();
    expect(told).toHaveLength(3);
    problems.solve("run-parked", "a");
    problems.report(other);
    problems.tell();
    expect(told).toHaveLength(4);
  });

  test("tells that a storage was emptied, although another fault of it stands", () => {
    const told: string[] = [];
    const problems = new Problems(({ message }) => told.push(message));
    for (const message of ["cannot be read", "was emptied", "cannot be read"])
      problems.report({ kind: "storage", message });
    problems.tell();
    expect(told).toEqual(["cannot be read", "was emptied"]);
    expect(problems.list().map(({ message }) => message)).toEqual(told);
    problems.solve("storage");
    expect(problems.list()).toEqual([]);
  });

  test("tells again of one that came back after more had been said than are kept", () => {
    const told: string[] = [];
    const problems = new Problems(({ message }) => told.push(message));
    for (let n = 0; n < 2_000; n++) problems.report({ kind: "dropped", run: String(n), message: "room" });
    problems.tell();
    const said = told.length;
    expect(said).toBeLessThan(2_000);
    problems.report({ kind: "server-unreachable", message: "down" });
    problems.solve("server-unreachable");
    problems.report({ kind: "server-unreachable", message: "down again" });
    problems.tell();
    expect(told.slice(said)).toEqual(["down", "down again"]);
  });

  test("tells after what is being done, in order, and each one once", async () => {
    const told: string[] = [];
    const problems: Problems = new Problems(({ message }) => {
      told.push(message);
      if (message === "full") problems.report({ kind: "scope", message: "of the listener" });
    });
    problems.report({ kind: "dropped", run: "a", message: "full" });
    problems.report({ kind: "dropped", run: "b", message: "full too" });
    expect(told).toEqual([]);
    await Promise.resolve();
    expect(told).toEqual(["full", "full too"]);
    await Promise.resolve();
    problems.tell();
    expect(told).toEqual(["full", "full too", "of the listener"]);
  });

  test("tell() goes on when a listener throws", () => {
    const told: string[] = [];
    const problems = new Problems(({ run = "" }) => {
      told.push(run);
      throw new Error("listener");
    });
    for (const run of ["a", "b"]) problems.report({ kind: "dropped", run, message: "full" });
    problems.tell();
    expect(told).toEqual(["a", "b"]);
  });
});
