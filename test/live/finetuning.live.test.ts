import { randomUUID } from "node:crypto";
import { createClient } from "tracklet/client";
import { describe, expect, inject, test } from "vitest";
import { platformClock } from "../../src/runtime/platform-clock.ts";
import { managerRows } from "../finetuning/manager-rows.ts";
import { type Place, placeOn } from "../finetuning/place.ts";
import { runRows } from "../finetuning/run-rows.ts";
import { twoManagers } from "../finetuning/two-managers.ts";
import { commandOf } from "../kill/runtimes.ts";
import { startProgram } from "../support/start-program.ts";
import { room } from "./support/room.ts";

/** The server that all live tests share; so what is tuned has a name of its own in each test. */
async function livePlace(): Promise<Place> {
  return placeOn({
    trackingUri: inject("trackingUri"),
    fetch: (request) => fetch(request),
    plugin: `live ${randomUUID().slice(0, 8)}`,
    clock: platformClock,
    close: () => {},
  });
}

describe("on a real MLflow, tracklet/finetuning", { timeout: 240_000 }, () => {
  managerRows(livePlace);
  runRows(livePlace);

  test("S0.21 the example tunes, deploys by an alias of the registry, rolls back, and trains nothing twice", async () => {
    const trackingUri = inject("trackingUri");
    const example = new URL("../../examples/finetuning/main.ts", import.meta.url);
    const start = async () => {
      const cwd = await room();
      return startProgram(example, ["2"], { cwd, env: { MLFLOW_TRACKING_URI: trackingUri } }).end;
    };
    const first = await start();
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain("8 runs trained");
    expect(first.stdout).toMatch(/'spoiled feedback' .* 'rolled back' /);
    const second = await start();
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toContain("0 runs trained; skipped as they are known: 2 runs of");
    const deployed = /version (\d+) is deployed/.exec(second.stdout)?.[1];
    const { registeredModels } = createClient({ trackingUri });
    expect((await registeredModels.getByAlias("penguins", "deployed"))?.version).toBe(Number(deployed));
  });

  test("two processes tune one plugin, one of them killed and started again: each run is committed once", async () => {
    const { problems, resumed } = await twoManagers(commandOf("node"), {
      trackingUri: inject("trackingUri"),
      plugin: `live ${randomUUID().slice(0, 8)}`,
      runs: 8,
      work: 50,
      // A real MLflow takes its time.
      lease: 10_000,
      timeout: 10_000,
      killAt: 2,
    });
    expect(problems).toEqual([]);
    expect(resumed).toBeGreaterThanOrEqual(1);
  });
});
