import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestServer, testServer } from "../../support/test-server.ts";
import { stream } from "./store-contract.ts";

let server: TestServer;
let root: string;
let runId: string;

async function start(options: { artifactRoot?: string } = {}): Promise<void> {
  server = await testServer(options);
  const made = await ask("POST", "/api/2.0/mlflow/runs/create", JSON.stringify({ experiment_id: "0" }), {
    "content-type": "application/json",
  });
  const { run } = (await made.json()) as { run: { info: { run_id: string; artifact_uri: string } } };
  runId = run.info.run_id;
  expect(run.info.artifact_uri).toBe(`mlflow-artifacts:/0/${runId}/artifacts`);
  root = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts`;
}
beforeEach(() => start());
afterEach(() => server.close());

function ask(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  const streamed = body instanceof ReadableStream ? { duplex: "half" } : {};
  return server.fetch(
    new Request(server.trackingUri + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...streamed,
    } as RequestInit),
  );
}

describe("the proxied artifact routes", () => {
  test("store a stream of unknown length and give it back whole, in part and as HEAD", async () => {
    expect((await ask("PUT", `${root}/d/a.txt`, stream(["01234", "56789"]))).status).toBe(200);
    const whole = await ask("GET", `${root}/d/a.txt`);
    expect([whole.headers.get("content-length"), whole.headers.get("accept-ranges"), await whole.text()]).toEqual([
      "10",
      "bytes",
      "0123456789",
    ]);
    const part = await ask("GET", `${root}/d/a.txt`, undefined, { range: "bytes=2-4" });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    const head = await ask("HEAD", `${root}/d/a.txt`);
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
    const beyond = await ask("GET", `${root}/d/a.txt`, undefined, { range: "bytes=10-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */10"]);
  });

  test("go on with a range only while the file is the same", async () => {
    await ask("PUT", `${root}/f`, "one one one");
    const etag = (await ask("GET", `${root}/f`)).headers.get("etag") ?? "";
    const same = await ask("GET", `${root}/f`, undefined, { range: "bytes=4-6", "if-range": etag });
    await ask("PUT", `${root}/f`, "two two two");
    const changed = await ask("GET", `${root}/f`, undefined, { range: "bytes=4-6", "if-range": etag });
    expect([same.status, await same.text(), changed.status, await changed.text()]).toEqual([
      206,
      "one",
      200,
      "two two two",
    ]);
  });

  test("store nothing of an upload that breaks", async () => {
    const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        controller.enqueue(new Uint8Array(10));
        controller.error(new TypeError("gone"));
      },
    });
    const answer = await ask("PUT", `${root}/f`, broken);
    expect(answer.status).toBe(400);
    expect((await ask("GET", `${root}/f`)).status).toBe(404);
  });

  test("refuse paths that climb, also escaped, with 400 and touch nothing", async () => {
    for (const path of ["%252e%252e/x", "a%2f..%2fx", "ha%23sh", "a%5C..%5Cx", "%252e/x"]) {
      for (const method of ["GET", "PUT", "DELETE"]) {
        expect([
          method,
          path,
          (await ask(method, `${root}/${path}`, method === "PUT" ? "x" : undefined)).status,
        ]).toEqual([method, path, 400]);
      }
    }
    expect((await ask("PUT", "/api/2.0/mlflow-artifacts/artifacts//etc/x", "x")).status).toBe(400);
    expect(await (await ask("GET", "/api/2.0/mlflow-artifacts/artifacts")).json()).toEqual({});
  });

  test("list a run and delete a directory whole", async () => {
    await ask("PUT", `${root}/d/a.txt`, "x");
    await ask("PUT", `${root}/b.txt`, "");
    const listed = await ask("GET", `/api/2.0/mlflow/artifacts/list?run_id=${runId}`);
    expect(await listed.json()).toEqual({
      root_uri: `mlflow-artifacts:/0/${runId}/artifacts`,
      files: [
        { path: "b.txt", is_dir: false },
        { path: "d", is_dir: true },
      ],
    });
    await ask("DELETE", `${root}/d`);
    expect((await ask("GET", `${root}/d/a.txt`)).status).toBe(404);
  });
});

describe("a local store", () => {
  test("serves runs whose artifacts lie in its absolute folder through the same routes", async () => {
    server.close();
    await start({ artifactRoot: "/home/ann/mlruns" });
    await ask("PUT", `${root}/a.txt`, "x");
    const listed = await ask("GET", `/api/2.0/mlflow/artifacts/list?run_id=${runId}`);
    expect(await listed.json()).toMatchObject({
      root_uri: `mlflow-artifacts:/0/${runId}/artifacts`,
      files: [{ path: "a.txt" }],
    });
    expect(await (await ask("GET", `/get-artifact?run_id=${runId}&path=a.txt`)).text()).toBe("x");
  });

  test("says that artifacts elsewhere must be reached where they are", async () => {
    const headers = { "content-type": "application/json" };
    const made = await ask(
      "POST",
      "/api/2.0/mlflow/experiments/create",
      JSON.stringify({ name: "s3", artifact_location: "s3://bucket/x" }),
      headers,
    );
    const { experiment_id } = (await made.json()) as { experiment_id: string };
    const created = await ask("POST", "/api/2.0/mlflow/runs/create", JSON.stringify({ experiment_id }), headers);
    const { run } = (await created.json()) as { run: { info: { run_id: string } } };
    const listed = await ask("GET", `/api/2.0/mlflow/artifacts/list?run_id=${run.info.run_id}`);
    expect([listed.status, ((await listed.json()) as { error_code: string }).error_code]).toEqual([
      501,
      "NOT_IMPLEMENTED",
    ]);
  });
});
