import { expect, inject, test } from "vitest";
import { python } from "./support/python.ts";

test("the server under test is the release that was asked for", async () => {
  const reply = await fetch(`${inject("trackingUri")}/version`);
  expect((await reply.text()).trim()).toBe(inject("mlflowVersion"));
});

test("MLflow's Python client passes the basic session against the real server, so the session itself is right", async () => {
  const ids = JSON.parse(await python("session.py", inject("trackingUri"))) as { parent: string };
  expect(ids.parent).toMatch(/^[0-9a-f]{32}$/);
});
