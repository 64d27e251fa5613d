import { expect, test } from "vitest";
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";
import { createTracker } from "../../../src/index.ts";
import { createRecorder } from "../../../src/recorder/index.ts";
import { testServer } from "../../support/test-server.ts";

test("S3.7 register() says what it runs on where there are no files", async () => {
  const { trackingUri, fetch, close } = await testServer();
  const host = { facts: async () => ({ gpu: { vendor: "acme", architecture: "v8" } }), variables: () => ({}) };
  const open = () => createTracker({ trackingUri, fetch, runtime: { files: undefined, host } });
  const recorder = createRecorder({ tracker: open, name: "walk" });
  const { recordingId } = await recorder.register();
  await recorder.stop();
  await using tracker = open();
  const recorded = await (await tracker.openArtifact(recordingId, "environment/environment.json")).json();
  const [name, version = ""] = defaultRuntime().environment.runtimeVersion().split(" ");
  expect(recorded).toMatchObject({ runtime: { name, version }, gpu: { vendor: "acme" }, files: [], leftOut: [] });
  const { tags } = (await tracker.getRun(recordingId)).data;
  expect(tags["mlflow.tracklet.gpu"]).toBe("acme v8");
  close();
});
