import { setupWorker } from "msw/browser";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMlflowMock } from "../../mocks/index.ts";

const mock = createMlflowMock({ trackingUri: "http://mlflow.example" });
const worker = setupWorker(...mock.handlers);
beforeAll(() => worker.start({ quiet: true, onUnhandledFrame: "bypass" }));
afterEach(() => mock.reset());
afterAll(() => worker.stop());

test("setupWorker() answers a page's fetch from the embedded server over SQLite WASM", async () => {
  const [seeded] = await mock.seed({ name: "digits", runs: [{ name: "first", artifacts: { "a.txt": "hello" } }] });
  const reply = await fetch("http://mlflow.example/api/2.0/mlflow/runs/search", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ experiment_ids: [seeded!.experimentId] }),
  });
  expect(await reply.json()).toMatchObject({ runs: [{ info: { run_name: "first" } }] });
  const path = `${seeded!.experimentId}/${seeded!.runs[0]!.runId}/artifacts/a.txt`;
  expect(await (await fetch(`http://mlflow.example/api/2.0/mlflow-artifacts/artifacts/${path}`)).text()).toBe("hello");
});

test("setupWorker() turns a dropped connection into fetch's network error", async () => {
  mock.faults.add({ drop: "before" });
  await expect(fetch("http://mlflow.example/version")).rejects.toBeInstanceOf(TypeError);
  expect(await (await fetch("http://mlflow.example/version")).text()).toBe("3.17.2");
});
