import { describe, expect, test } from "vitest";
import { ArtifactsResource } from "../../src/client/artifacts.ts";
import { LoggedModelsResource } from "../../src/client/logged-models.ts";
import {
  ConfigurationError,
  type HttpError,
  NotFoundError,
  UnexpectedReplyError,
  ValidationError,
} from "../../src/errors/index.ts";
import { fakeServer, json, page, refusal, rejection } from "./support/fake-server.ts";
import { loginPage, recordedFiles, recordedRun, runId } from "./support/recorded.ts";

const artifactUri = `mlflow-artifacts:/12/${runId}/artifacts`;
const root = `/api/2.0/mlflow-artifacts/artifacts/12/${runId}/artifacts`;

describe("ArtifactsResource", () => {
  test("upload() finds the run's root first, and saves that request when it is told", async () => {
    const { transport, seen } = fakeServer([json(recordedRun), page("", 200, ""), json("{}")]);
    const artifacts = new ArtifactsResource(transport);
    await artifacts.upload(runId, "dir/größe 1.txt", "hällo");
    await artifacts.upload(runId, "b.bin", new Uint8Array([1, 2, 3]), { artifactUri });
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/2.0/mlflow/runs/get",
      `PUT ${root}/dir/gr%C3%B6%C3%9Fe%201.txt`,
      `PUT ${root}/b.bin`,
    ]);
    expect(seen[1]?.text).toBe("hällo");
    expect(seen[1]?.headers.get("content-type")).toBe("application/octet-stream");
  });

  test("upload() keeps the type of a Blob and sends an empty file", async () => {
    const { transport, seen } = fakeServer([page("", 200, "")]);
    const body = new Blob([], { type: "text/html" });
    await new ArtifactsResource(transport).upload(runId, "empty.html", body, { artifactUri });
    // Bun adds a charset.
    expect(seen[0]?.headers.get("content-type")).toMatch(/^text\/html/);
    expect(seen[0]?.text).toBe("");
  });

  test.each([loginPage, "OK", "[]"])("upload() does not take %j for an acknowledgement", async (text) => {
    const { transport } = fakeServer([page(text)]);
    const sent = new ArtifactsResource(transport).upload(runId, "a", "x", { artifactUri, retry: false });
    expect(await rejection(sent)).toBeInstanceOf(UnexpectedReplyError);
  });

  test("upload() is tried again with the same bytes", async () => {
    const { transport, seen, clock } = fakeServer([page("", 503), page("", 200, "")]);
    const body = new Blob(["weights"]);
    await clock.until(new ArtifactsResource(transport).upload(runId, "w.bin", body, { artifactUri }));
    expect(seen.map(({ text }) => text)).toEqual(["weights", "weights"]);
  });

  test.each(["../../etc/passwd", "a/../b", "per%20cent", "a#b", "n\nl", "a//b", "/abs", "dir/"])(
    "sends nothing for the path %j",
    async (path) => {
      const { transport, seen } = fakeServer([]);
      const artifacts = new ArtifactsResource(transport);
      for (const call of [
        artifacts.upload(runId, path, "x"),
        artifacts.download(runId, path),
        artifacts.delete(runId, path),
      ]) {
        expect(await rejection(call)).toBeInstanceOf(ValidationError);
      }
      expect(seen).toHaveLength(0);
    },
  );

  test("says the cure for a run whose artifacts the server does not serve", async () => {
    const { transport, seen } = fakeServer([]);
    const sent = new ArtifactsResource(transport).upload(runId, "a", "x", { artifactUri: "s3://bucket/1/a/artifacts" });
    const error = (await rejection(sent)) as Error;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain("--serve-artifacts");
    expect(seen).toHaveLength(0);
  });

  test("list() gives paths relative to the run's root", async () => {
    const { transport, seen } = fakeServer([json(recordedFiles)]);
    expect(await new ArtifactsResource(transport).list(runId, "dir/")).toStrictEqual([
      { path: "dir/b.json", isDirectory: false, size: 8 },
      { path: "dir/empty.bin", isDirectory: false, size: 0 },
      { path: "dir/sub", isDirectory: true, size: undefined },
    ]);
    expect(seen[0]?.query).toEqual({ run_id: runId, path: "dir" });
  });

  test("list() completes names of servers that give them without their directory", async () => {
    const { transport } = fakeServer([json({ files: [{ path: "b.json", is_dir: false, file_size: 1 }] }), json("{}")]);
    const artifacts = new ArtifactsResource(transport);
    expect((await artifacts.list(runId, "dir"))[0]?.path).toBe("dir/b.json");
    expect(await artifacts.list(runId)).toEqual([]);
  });

  test.each(["..", "a/../..", "/etc", "di%72"])("list() refuses the path %j", async (path) => {
    const { transport, seen } = fakeServer([]);
    expect(await rejection(new ArtifactsResource(transport).list(runId, path))).toBeInstanceOf(ValidationError);
    expect(seen).toHaveLength(0);
  });

  test("download() gives the answer unread, and asks for a range", async () => {
    const partial = new Response("ello", { status: 206, headers: { "content-range": "bytes 1-4/11" } });
    const { transport, seen } = fakeServer([new Response("hello again"), partial, new Response("n")]);
    const artifacts = new ArtifactsResource(transport);
    expect(await (await artifacts.download(runId, "a.txt", { artifactUri })).text()).toBe("hello again");
    const range = { start: 1, end: 4 };
    expect((await artifacts.download(runId, "a.txt", { artifactUri, range })).status).toBe(206);
    await artifacts.download(runId, "a.txt", { artifactUri, range: { start: 10 } });
    expect(seen.map(({ headers }) => headers.get("range"))).toEqual([null, "bytes=1-4", "bytes=10-"]);
  });

  test.each([
    [{ start: 20, end: 29 }, "bytes */11", "The file has 11 bytes, and none of bytes 20-29: begin below 11"],
    [{ start: 0 }, "bytes */0", "The file has 0 bytes, and none of bytes 0-: ask for no range"],
    [{ start: 20 }, undefined, "The file ends before bytes 20-: ask for bytes that it has"],
    [{ start: 20 }, "bytes 1-2/x", "The file ends before bytes 20-: ask for bytes that it has"],
  ])("download() says what is wrong with the range %j that is answered with 416 and %j", async (range, said, words) => {
    const headers = said === undefined ? {} : { "content-range": said };
    for (const Resource of [ArtifactsResource, LoggedModelsResource]) {
      const { transport } = fakeServer([new Response(null, { status: 416, headers })]);
      const resource = new Resource(transport);
      const read =
        resource instanceof ArtifactsResource
          ? resource.download(runId, "a.txt", { artifactUri, range })
          : resource.downloadArtifact("m-1", "a.txt", { artifactUri, range });
      const error = (await rejection(read)) as HttpError;
      expect(error.status).toBe(416);
      expect(error.message).toContain(`as the server answered 416. ${words}`);
    }
  });

  test("downloadArtifact() of a model refuses a range that is none, before it asks", async () => {
    const { transport, seen } = fakeServer([]);
    const read = new LoggedModelsResource(transport).downloadArtifact("m-1", "a.txt", { range: { start: 5, end: 2 } });
    expect(await rejection(read)).toBeInstanceOf(ValidationError);
    expect(seen).toHaveLength(0);
  });

  test("download() rejects for a file that is not there", async () => {
    const { transport } = fakeServer([refusal(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'x'")]);
    const read = new ArtifactsResource(transport).download(runId, "x", { artifactUri });
    expect(await rejection(read)).toBeInstanceOf(NotFoundError);
  });

  test("delete() sends one request", async () => {
    const { transport, seen } = fakeServer([json("{}")]);
    await new ArtifactsResource(transport).delete(runId, "dir", { artifactUri });
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([`DELETE ${root}/dir`]);
  });
});
