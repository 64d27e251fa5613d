import { expect, inject, test } from "vitest";
import { race } from "../claims/race.ts";
import { commandOf } from "../kill/runtimes.ts";

test("claim() has one committed result for each of 40 names on a real MLflow, with 8 processes, lost answers, one killed and one stopped", async () => {
  const trackingUri = inject("trackingUri");
  const problems = await race({
    trackingUri,
    command: commandOf("node"),
    processes: 8,
    claims: 40,
    // A real MLflow takes its time for 8 processes at once.
    lease: 10_000,
    timeout: 10_000,
    lost: 9,
  });
  expect(problems).toEqual([]);
}, 300_000);
