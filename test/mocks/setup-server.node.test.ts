import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMlflowMock } from "../../mocks/index.ts";

const mock = createMlflowMock({ trackingUri: "http://mlflow.example/prefix" });
const server = setupServer(...mock.handlers);
beforeAll(() => server.listen({ onUnhandledFrame: "bypass" }));
afterEach(() => mock.reset());
afterAll(() => server.close());

const api = "http://mlflow.example/prefix/api/2.0";

test("setupServer() answers global fetch from the mock's handlers", async () => {
  const [seeded] = await mock.seed({ name: "digits", runs: [{ name: "first", metrics: { loss: [1, 0.5] } }] });
  const reply = await fetch(`${api}/mlflow/runs/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ experiment_ids: [seeded!.experimentId], filter: "metrics.loss < 1" }),
  });
  expect(await reply.json()).toMatchObject({ runs: [{ info: { run_name: "first" } }] });
});

test("setupServer() takes streamed uploads and gives ranges", async () => {
  const [seeded] = await mock.seed({ name: "digits", runs: [{}] });
  const path = `${api}/mlflow-artifacts/artifacts/${seeded!.experimentId}/${seeded!.runs[0]!.runId}/artifacts/a.bin`;
  const body = new Blob(["0123456789"]).stream();
  expect((await fetch(path, { method: "PUT", body, duplex: "half" } as RequestInit)).status).toBe(200);
  const part = await fetch(path, { headers: { range: "bytes=3-5" } });
  expect([part.status, await part.text()]).toEqual([206, "345"]);
});

test("setupServer() turns faults into what fetch meets on a real network", async () => {
  const create = (name: string): Promise<Response> =>
    fetch(`${api}/mlflow/experiments/create`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
  mock.faults.add({ on: "experiments/create", status: 503, headers: { "retry-after": "1" } });
  const refused = await create("a");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  mock.faults.add({ on: "experiments/create", drop: "after" });
  await expect(create("a")).rejects.toBeInstanceOf(TypeError);
  expect((await create("a")).status).toBe(400);
  mock.faults.add({ on: "experiments/create", cut: 4 });
  await expect(create("b").then((reply) => reply.text())).rejects.toThrow();
  expect((await create("b")).status).toBe(400);
});

test("setupServer() leaves other addresses alone", async () => {
  await expect(fetch("http://127.0.0.1:1/prefix/version")).rejects.toBeInstanceOf(TypeError);
  expect(mock.requests).toEqual([]);
});
