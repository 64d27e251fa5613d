import { afterEach, describe, expect, test } from "vitest";
import { createMlflowMock, type MlflowMock } from "../../mocks/index.ts";

const mocks: MlflowMock[] = [];
function makeMock(...options: Parameters<typeof createMlflowMock>): MlflowMock {
  const mock = createMlflowMock(...options);
  mocks.push(mock);
  return mock;
}
afterEach(async () => {
  for (const mock of mocks.splice(0)) await mock.reset();
});

const api = "/api/2.0/mlflow";

function post(mock: MlflowMock, route: string, fields: object, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(fields);
  return mock.fetch(
    new Request(`${mock.trackingUri}${api}/${route}`, { method: "POST", headers, body, ...(signal ? { signal } : {}) }),
  );
}

async function search(mock: MlflowMock, experimentId: string): Promise<{ name: string; metrics: unknown }[]> {
  const reply = await post(mock, "runs/search", { experiment_ids: [experimentId], order_by: ["start_time"] });
  const { runs = [] } = (await reply.json()) as {
    runs?: { info: { run_name: string }; data: { metrics?: unknown } }[];
  };
  return runs.map(({ info, data }) => ({ name: info.run_name, metrics: data.metrics }));
}

describe("createMlflowMock()", () => {
  test("answers below its tracking URI, also below a path", async () => {
    for (const trackingUri of ["http://localhost:5000", "https://mlflow.example/team/a/", "http://127.0.0.1:80"]) {
      const mock = makeMock({ trackingUri });
      const reply = await mock.fetch(new Request(`${mock.trackingUri}/version`));
      expect(await reply.text()).toBe("3.17.2");
      expect(mock.requests).toEqual([{ method: "GET", path: "/version" }]);
    }
  });

  test("refuses a tracking URI that is none, and a release that it does not know", () => {
    expect(() => makeMock({ trackingUri: "mlflow" })).toThrow(/http\(s\) address/);
    expect(() => makeMock({ actAs: "1.0" as never })).toThrow(/2\.22/);
  });

  test("acts as the release that it is told", async () => {
    for (const [actAs, version] of [
      ["2.22", "2.22.5"],
      ["3.6", "3.6.0"],
      ["3.17", "3.17.2"],
    ] as const) {
      const mock = makeMock({ actAs });
      expect(await (await mock.fetch(new Request(`${mock.trackingUri}/version`))).text()).toBe(version);
    }
  });

  test("shows the faults of old releases: histories that never end, re-sent NaN refused, errors without class", async () => {
    const stuck = makeMock({ actAs: "3.6" });
    const [seeded] = await stuck.seed({ name: "a", runs: [{ metrics: { loss: [1, 2] } }] });
    const history = `${stuck.trackingUri}${api}/metrics/get-history?run_id=${seeded!.runs[0]!.runId}&metric_key=loss`;
    const endless = (await (await stuck.fetch(new Request(history))).json()) as object;
    expect(endless).not.toHaveProperty("metrics");
    expect(endless).toHaveProperty("next_page_token");
    const run_id = seeded!.runs[0]!.runId;
    const batch = { run_id, metrics: [{ key: "n", value: "NaN", timestamp: 1, step: 0 }] };
    expect([
      (await post(stuck, "runs/log-batch", batch)).status,
      (await post(stuck, "runs/log-batch", batch)).status,
    ]).toEqual([200, 400]);

    const old = makeMock({ actAs: "2.22" });
    const error = (await (await post(old, "runs/log-metric", {})).json()) as object;
    expect(Object.keys(error)).toEqual(["error_code", "message"]);
  });
});

describe("seed()", () => {
  test("makes experiments, runs with all their data, nested runs and artifacts", async () => {
    const mock = makeMock();
    const [digits] = await mock.seed({
      name: "digits",
      tags: { team: "a" },
      runs: [
        {
          name: "first",
          params: { lr: 0.1, deep: true },
          metrics: { loss: [1, Number.NaN, 0.5], acc: 0.9 },
          tags: { color: "red" },
          artifacts: { "model/weights 1.bin": new Uint8Array([1, 2]), "notes.txt": "hello" },
          children: [{ name: "fold", status: "FAILED" }],
        },
        { name: "second", status: "RUNNING" },
      ],
    });
    expect((await search(mock, digits!.experimentId)).map(({ name }) => name)).toEqual(["first", "fold", "second"]);
    const { runId, children } = digits!.runs[0]!;
    const read = await (
      await mock.fetch(new Request(`${mock.trackingUri}${api}/runs/get?run_id=${children[0]!.runId}`))
    ).json();
    expect(read).toMatchObject({ run: { info: { status: "FAILED" } } });
    expect(JSON.stringify(read)).toContain(runId);
    const history = await mock.fetch(
      new Request(`${mock.trackingUri}${api}/metrics/get-history?run_id=${runId}&metric_key=loss&max_results=10`),
    );
    expect(((await history.json()) as { metrics: { value: unknown }[] }).metrics.map(({ value }) => value)).toEqual([
      1,
      "NaN",
      0.5,
    ]);
    const file = `/api/2.0/mlflow-artifacts/artifacts/${digits!.experimentId}/${runId}/artifacts`;
    expect(await (await mock.fetch(new Request(`${mock.trackingUri}${file}/notes.txt`))).text()).toBe("hello");
    expect(
      (await (await mock.fetch(new Request(`${mock.trackingUri}${file}/model/weights%201.bin`))).arrayBuffer())
        .byteLength,
    ).toBe(2);
  });

  test("adds to an experiment that is there, in batches of MLflow's size, and is not struck by faults", async () => {
    const mock = makeMock();
    mock.faults.add({ status: 500, times: Number.POSITIVE_INFINITY });
    const [seeded] = await mock.seed([
      {
        name: "Default",
        runs: [
          {
            metrics: { m: Array.from({ length: 2500 }, (_, at) => at) },
            tags: Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`t${at}`, "x"])),
          },
        ],
      },
    ]);
    expect(seeded!.experimentId).toBe("0");
    expect(mock.requests).toEqual([]);
    mock.faults.clear();
    expect((await search(mock, "0"))[0]!.metrics).toMatchObject([{ key: "m", value: 2499 }]);
  });

  test("says why the server refuses what is seeded", async () => {
    await expect(makeMock().seed({ name: "a", runs: [{ metrics: { "a//b": 1 } }] })).rejects.toThrow(
      /Cannot seed the mock: POST .*a\/\/b/s,
    );
  });
});

describe("reset()", () => {
  test("leaves a fresh server: no data, no faults, no requests", async () => {
    const mock = makeMock();
    await mock.seed({ name: "a", runs: [{ metrics: { m: [1, 2] }, params: { p: "1" }, artifacts: { "a.txt": "x" } }] });
    mock.faults.add({ status: 500 });
    await mock.reset();
    expect((await post(mock, "experiments/create", { name: "a" })).status).toBe(200);
    const found = await post(mock, "experiments/search", { max_results: 10, order_by: ["name"] });
    expect(((await found.json()) as { experiments: { name: string }[] }).experiments.map(({ name }) => name)).toEqual([
      "Default",
      "a",
    ]);
    expect(mock.requests).toHaveLength(2);
    expect(await search(mock, "0")).toEqual([]);
  });
});
