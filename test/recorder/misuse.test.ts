import { afterEach, describe, expect, test } from "vitest";
import { ConfigurationError, NetworkError, ValidationError } from "../../src/errors/index.ts";
import {
  createRecorder,
  recreateEnvironment,
  type RecorderOptions,
  type RecordingStatus,
  type RecreateOptions,
} from "../../src/recorder/index.ts";
import { unreachable, world as makeWorld, type World } from "./world.ts";

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

describe("S3.4 attach()", () => {
  test("says what helps where the recording is neither here nor to be asked for", async () => {
    const made = await world();
    const { recordingId, run } = await made.recorder().start();
    await run.runId();
    let timeout = 10_000;
    const attach = (mode: "ONLINE" | "OFFLINE", id?: string, name = "nope") =>
      made.recorder({ mode, name }).attach(id, { timeout });
    await expect(attach("ONLINE")).rejects.toThrow(
      'Cannot attach to the recording "nope" of the project "field study" as there is no active one of that name: start() begins it',
    );
    await expect(attach("ONLINE", "0a1b2c3d4e5f60718293a4b5c6d7e8f9")).rejects.toThrow(
      'the recording with the id "0a1b2c3d4e5f60718293a4b5c6d7e8f9" as there is none: check the id',
    );
    made.fetch = unreachable;
    timeout = 100;
    const offline = attach("OFFLINE");
    await expect(offline).rejects.toThrow(NetworkError);
    await expect(offline).rejects.toThrow(
      /^Cannot attach to the recording "nope" of the project "field study" as none waits here whole, and the server does not answer \(.+\): one of which a part was sent goes on OFFLINE by its id$/,
    );
    await expect(attach("OFFLINE", "nope")).rejects.toThrow("nothing of it waits here");
    await expect(attach("ONLINE", recordingId)).rejects.toThrow(
      'with mode "OFFLINE" it goes on with what of it waits here',
    );
  });
});

describe("S3.2 createRecorder()", () => {
  test("says of wrong options what they must be", async () => {
    const { open: tracker } = await world();
    const make = (given?: unknown) => () => createRecorder(given as RecorderOptions);
    const example = 'an object such as { tracker: openTracker, name: "walk 8" }: current value is ';
    expect(make()).toThrow(`${example}undefined`);
    expect(make(null)).toThrow(`${example}null`);
    expect(make({ name: "a" })).toThrow("what opens one such as openTracker: it is missing");
    expect(make({ tracker })).toThrow("the option name as it must be a text: it is missing");
    expect(make({ tracker: Promise.resolve(), name: "a" })).toThrow("await it, or give openTracker itself");
    for (const [options, says] of [
      [{ dataset: 5 }, "dataset as it must be a text or a dataset such as { name }: current value is 5"],
      [{ dataset: null }, "dataset as it must be a text or a dataset"],
      [{ hyperParameters: [1, 2] }, "hyperParameters as it must be an object with a value for each name"],
      [{ metadata: ["a"] }, "metadata as it must be an object with a value for each name"],
    ] as const) {
      expect(make({ tracker, name: "a", ...options })).toThrow(says);
    }
    const again = (options?: unknown) => recreateEnvironment("a", "b", options as RecreateOptions);
    await expect(again()).rejects.toThrow("an object such as { tracker: openTracker }: current value is undefined");
    await expect(again({})).rejects.toThrow("what opens one such as openTracker: it is missing");
  });
});

describe("S3.1 mode", () => {
  test("is as whoever shares the tracker has set it last", async () => {
    const { recorder: make, open } = await world();
    await using tracker = open();
    const first = make({ tracker, mode: "OFFLINE" });
    await first.start();
    const second = make({ tracker, mode: "ONLINE" });
    await second.start();
    expect([first.mode, second.mode]).toEqual(["ONLINE", "ONLINE"]);
    first.setMode("OFFLINE");
    expect([second.mode, tracker.queue.status().host]).toEqual(["OFFLINE", "paused"]);
    second.setMode("ONLINE");
    expect(first.mode).toBe("ONLINE");
    await first.stop();
    await second.stop();
  });
});
