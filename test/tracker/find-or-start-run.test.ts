import { describe, expect, test } from "vitest";
import { NetworkError, NotFoundError } from "../../src/errors/index.ts";
import type { Resources } from "../../src/client/resources.ts";
import { bench } from "./test-core.ts";

const oldId = "a".repeat(32);
const found = {
  info: { runId: oldId, runName: "job", experimentId: "1", lifecycleStage: "active" },
  data: { tags: {}, params: {}, latestMetrics: [] },
};

/** A server whose runs are `hits`. */
function server(hits: readonly unknown[], more: object = {}): Partial<Resources> {
  const filters: unknown[] = [];
  const client = {
    filters,
    experiments: { getByName: async () => ({ experimentId: "1" }) },
    runs: {
      search: (query: { filter?: string }) => {
        filters.push(query.filter);
        return (async function* () {
          yield* hits;
        })();
      },
      ...more,
    },
  };
  return client as never;
}

describe("findOrStartRun()", () => {
  test("starts one run when it is called for the same name at the same time", async () => {
    const { tracker, queue } = bench({}, server([]));
    const find = (name: string, params: object): ReturnType<typeof tracker.findOrStartRun> =>
      tracker.findOrStartRun({ name, params });
    const [a, b, other, c] = await Promise.all([
      find("job", { a: 1 }),
      find("job", { b: 2 }),
      find("other", {}),
      find("job", { c: 3 }),
    ]);
    expect([b, c]).toEqual([a, a]);
    expect(other).not.toBe(a);
    expect(queue.created.map((run) => run.name).sort()).toEqual(["job", "other"]);
    expect(queue.of("param")).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
  });

  test("looks below each parent, whichever of its ids names it", async () => {
    const { tracker, queue } = bench({}, server([]));
    const [one, two] = [tracker.startRun(), tracker.startRun()];
    queue.ids.set(one.localId, oldId).set(two.localId, "b".repeat(32));
    const runs = await Promise.all(
      [one, one.localId, oldId, two].map((parent) => tracker.findOrStartRun({ name: "fold", parent })),
    );
    expect(new Set(runs.slice(0, 3)).size).toBe(1);
    expect(runs[3]).not.toBe(runs[0]);
  });

  test("does not fail for the failure of a call before it", async () => {
    let calls = 0;
    const getByName = async (): Promise<object> => {
      if (calls++ === 0) throw new NetworkError("Cannot reach it", { method: "GET", url: "x" });
      return { experimentId: "1" };
    };
    const { tracker } = bench({}, { ...server([]), experiments: { getByName } as never });
    const first = tracker.findOrStartRun({ name: "job" });
    const second = tracker.findOrStartRun({ name: "job" });
    await expect(first).rejects.toThrow("Cannot reach it");
    expect((await second).name).toBe("job");
  });

  test("tells when the server does not delete the run that was replaced", async () => {
    const refuse = (): Promise<void> => Promise.reject(new Error("403: not yours"));
    const { tracker, problems } = bench({}, server([found], { delete: refuse, get: async () => found }));
    const run = await tracker.findOrStartRun({ name: "job", ifExists: "replace" });
    await run.end();
    await tracker.flush();
    expect(problems.map((problem) => [problem.kind, problem.run])).toEqual([["scope", run.localId]]);
    expect(problems[0]?.message).toContain(`The run "${oldId}" was not deleted, as Error: 403: not yours`);
  });

  test("forgets no run that is to be replaced for a proxy's page with 404", async () => {
    const request = { method: "GET", url: "http://mlflow.test" };
    const page = new NotFoundError("404", { status: 404, errorCode: undefined, serverMessage: "", request });
    const tags = { "mlflow.tracklet.replaces": "b".repeat(32) };
    const half = { ...found, data: { ...found.data, tags } };
    const { tracker, queue } = bench({}, server([half], { get: () => Promise.reject(page) }));
    await expect(tracker.findOrStartRun({ name: "job", ifExists: "replace" })).rejects.toThrow("404");
    expect(queue.created).toEqual([]);
  });

  test("puts no text of a caller into the filter but the name, quoted", async () => {
    const client = server([]);
    const { tracker } = bench({}, client);
    const parent = "x' OR attributes.run_name != '";
    await expect(tracker.findOrStartRun({ name: "job", parent })).rejects.toThrow("its id must have letters");
    await expect(tracker.getRun(parent)).rejects.toThrow("its id must have letters");
    await expect(tracker.runTree('"')).rejects.toThrow("its id must have letters");
    expect((client as { filters: unknown[] }).filters).toEqual([]);
  });
});

describe("runTree()", () => {
  test("puts no tag of the server into its filter that is no id", async () => {
    const tags = { "mlflow.rootRunId": "x' OR tags.a != '" };
    const filters: string[] = [];
    const search = ({ filter }: { filter: string }): object => {
      filters.push(filter);
      return { all: async () => [] };
    };
    const top = { info: found.info, data: { ...found.data, tags } };
    const { tracker } = bench({}, { runs: { get: async () => top, search } as never });
    await tracker.runTree(oldId);
    expect(filters).toEqual([`tags."mlflow.rootRunId" = '${oldId}'`, `tags."mlflow.parentRunId" = '${oldId}'`]);
  });
});
