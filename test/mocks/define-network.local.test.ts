import { FetchInterceptor } from "@mswjs/interceptors/fetch/web";
import { defineNetwork, InterceptorSource } from "msw/experimental";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createMlflowMock } from "../../mocks/index.ts";

const mock = createMlflowMock({ trackingUri: "http://mlflow.example" });
const network = defineNetwork({
  context: { quiet: true },
  onUnhandledFrame: "error",
  // The types of the two builds of @mswjs/interceptors do not fit each other; the classes do.
  sources: [new InterceptorSource({ interceptors: [new FetchInterceptor() as never] })],
  handlers: mock.handlers,
});
beforeAll(() => network.enable());
afterEach(() => mock.reset());
afterAll(() => network.disable());

test("defineNetwork() with a FetchInterceptor answers global fetch in Node, Deno and Bun", async () => {
  await mock.seed({ name: "digits" });
  const reply = await fetch("http://mlflow.example/api/2.0/mlflow/experiments/get-by-name?experiment_name=digits");
  expect(await reply.json()).toMatchObject({ experiment: { name: "digits" } });
  expect(mock.requests).toHaveLength(1);
});

test("defineNetwork() turns a dropped connection into fetch's network error", async () => {
  mock.faults.add({ drop: "before" });
  await expect(fetch("http://mlflow.example/version")).rejects.toBeInstanceOf(TypeError);
  expect(await (await fetch("http://mlflow.example/version")).text()).toBe("3.17.2");
});
