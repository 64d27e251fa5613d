import { afterEach, describe, expect, test } from "vitest";
import { ConfigurationError, ValidationError } from "../../src/errors/index.ts";
import type { RecordingStatus } from "../../src/recorder/index.ts";
import { world as makeWorld, type World } from "./world.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function world(): Promise<World> {
  const made = await makeWorld();
  closers.push(made.close);
  return made;
}

describe("S3.5 stop()", () => {
  test("refuses a wrong status or option, and the recording goes on", async () => {
    const { recorder: make, client } = await world();
    const recorder = make();
    const { run } = await recorder.start();
    await expect(recorder.stop("DONE" as RecordingStatus)).rejects.toThrow(ValidationError);
    await expect(recorder.stop("DONE" as RecordingStatus)).rejects.toThrow(
      'status must be "FINISHED", "FAILED" or "KILLED": current value is "DONE"',
    );
    await expect(recorder.stop("FINISHED", { timeot: 1 } as object)).rejects.toThrow("unknown option timeot");
    await expect(recorder.stop("FINISHED", { timeout: "1" } as object)).rejects.toThrow(ConfigurationError);
    await expect(recorder.stop("FINISHED", null as never)).rejects.toThrow(ConfigurationError);
    recorder.addRecord({ loss: 1 });
    const { pending } = await recorder.stop("KILLED");
    expect(pending).toEqual({ points: 0, requests: 0 });
    const { info, data } = await client.runs.get(await run.runId());
    expect([info.status, data.metrics]).toEqual(["KILLED", { loss: 1 }]);
  });
});

describe("S3.4 record()", () => {
  test("refuses what is no function before anything begins", async () => {
    const { recorder: make, requests } = await world();
    const recorder = make();
    await expect(recorder.record(undefined as never)).rejects.toThrow(
      "as record() must have a function: current value is undefined",
    );
    await expect(recorder.stop()).rejects.toThrow("it is not registered");
    expect(requests).toEqual([]);
  });

  test("await using without stop() ends it FAILED, and a tag says why", async () => {
    const { recorder: make, client } = await world();
    const ids: Promise<string>[] = [];
    {
      await using left = make();
      ids.push((await left.start()).run.runId());
      await using stopped = make();
      ids.push((await stopped.start()).run.runId());
      await stopped.stop();
    }
    const runs = await Promise.all(ids.map(async (id) => client.runs.get(await id)));
    expect(runs.map(({ info, data }) => [info.status, data.tags["mlflow.tracklet.error"]])).toEqual([
      ["FAILED", "left without stop(): call await recorder.stop() at the end of the block, or use record()"],
      ["FINISHED", undefined],
    ]);
  });
});
