import { describe, expect, test } from "vitest";
import { NetworkError } from "../../src/errors/network-errors.ts";
import { bench } from "./test-core.ts";

const dataOf = async (body: Blob | undefined): Promise<unknown> => JSON.parse((await body?.text()) ?? "{}").data;

describe("logTable()", () => {
  test("logTable() takes no rows that the queue has not taken, so that trying again logs them once", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const take = queue.logArtifact.bind(queue);
    queue.logArtifact = () => Promise.reject(new Error("full"));
    await expect(run.logTable([{ a: 1 }], "t.json")).rejects.toThrow("full");
    expect(queue.of("tag")).toEqual([]);
    queue.logArtifact = take;
    await run.logTable([{ a: 1 }], "t.json");
    expect(await dataOf(queue.bodies.get("t.json"))).toEqual([[1]]);
    queue.logArtifact = () => Promise.reject(new Error("full"));
    await expect(run.logTable([{ a: 2 }], "t.json")).rejects.toThrow("full");
    queue.logArtifact = take;
    await run.logTable([{ a: 3 }], "t.json");
    expect(await dataOf(queue.bodies.get("t.json"))).toEqual([[1], [3]]);
  });

  test("logTable() leaves rows out of later writes whose caller was told that they took too long", async () => {
    const { tracker, queue, runtime } = bench();
    const run = tracker.startRun();
    const take = queue.logArtifact.bind(queue);
    let goOn = (): void => {};
    queue.logArtifact = async (...call) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      return take(...call);
    };
    const late = run.logTable([{ a: 1 }], "t.json", { timeout: 50 });
    const refused = expect(late).rejects.toThrow("took longer than 50 ms");
    await runtime.clock.advance(60);
    await refused;
    queue.logArtifact = take;
    const again = run.logTable([{ a: 1 }], "t.json");
    goOn();
    await again;
    expect(await dataOf(queue.bodies.get("t.json"))).toEqual([[1]]);
  });

  test("logTable() keeps the order of calls that do not wait for each other", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const take = queue.logArtifact.bind(queue);
    const waits = [30, 15, 0];
    queue.logArtifact = async (...call) => {
      for (let turns = waits.shift() ?? 0; turns > 0; turns--) await Promise.resolve();
      return take(...call);
    };
    await Promise.all([1, 2, 3].map((a) => run.logTable([{ a }], "t.json")));
    expect(await dataOf(queue.bodies.get("t.json"))).toEqual([[1], [2], [3]]);
  });

  test("logTable() starts over at a path where something else could not be written", async () => {
    const { tracker, queue } = bench();
    const run = tracker.startRun();
    const take = queue.logArtifact.bind(queue);
    queue.logArtifact = () => Promise.reject(new Error("full"));
    await expect(run.logJson({}, "t.json")).rejects.toThrow("full");
    queue.logArtifact = take;
    await run.logTable([{ a: 1 }], "t.json");
    await run.logJson({}, "t.json");
    await expect(run.logTable([{ a: 1 }], "t.json")).rejects.toThrow('Cannot add to the table "t.json"');
    expect(await queue.bodies.get("t.json")?.text()).toBe("{}");
  });

  test("logTable() of a resumed run says what to do when the server cannot tell what is there, and goes on once it can", async () => {
    const request = { method: "GET", url: "http://mlflow.test" };
    let away = true;
    const list = async (): Promise<[]> => {
      if (away) throw new NetworkError("no answer came", request);
      return [];
    };
    const { tracker, queue } = bench({}, { artifacts: { list } as never });
    const run = tracker.startRun();
    queue.ids.set(run.localId, "r1");
    run.loggedArtifacts = [];
    const refused = run.logTable([{ a: 1 }], "t.json");
    await expect(refused).rejects.toThrow(NetworkError);
    await expect(refused).rejects.toThrow("log these rows to another path, or again once the server answers");
    expect(queue.bodies.size).toBe(0);
    away = false;
    await run.logTable([{ a: 2 }], "t.json");
    away = true;
    await run.logTable([{ a: 3 }], "t.json");
    expect(await dataOf(queue.bodies.get("t.json"))).toEqual([[2], [3]]);
  });
});
