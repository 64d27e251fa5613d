import { type AddressInfo, createServer, type Socket } from "node:net";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { serve } from "../../src/cli/http/serve.ts";
import { readQueueFile } from "../../src/cli/queue-file.ts";
import { openTracker } from "../../src/open/local.ts";
import type { Tracker } from "../../src/tracker/types/tracker.ts";
import { ownPort } from "../support/own-port.ts";
import { type Program, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { testServer } from "../support/test-server.ts";

const temporaryDirectory = temporaryDirectories();
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const program = (directory: string, trackingUri: string, way: string): Program =>
  startProgram(new URL("./programs/exits.ts", import.meta.url), [directory, trackingUri, way]);

/** An MLflow server on a socket. */
async function listening(): Promise<string> {
  const server = await testServer();
  const { url, close } = await serve(server.fetch, { host: "127.0.0.1", port: 0, onError: () => {} });
  ends.push(() => server.close(), close);
  return url;
}

/** An address that refuses connections. */
const refused = async (): Promise<string> => `http://127.0.0.1:${await ownPort()}`;

/** The queue file of a directory. */
async function queueFile(directory: string): Promise<string> {
  const folder = join(directory, ".tracklet");
  const [name] = (await readdir(folder)).filter((file) => file.endsWith(".db"));
  return join(folder, name ?? "none");
}

/** Has the next program of the directory send what waits, and gives what came to the server. */
async function delivered(
  directory: string,
  trackingUri: string,
): Promise<{ tracker: Tracker; runs: unknown[]; id: string }> {
  const server = await testServer();
  // Another server at the same address: what is sent is the same.
  const tracker = await openTracker({ directory, trackingUri, fetch: server.fetch, onProblem: () => {} });
  ends.push(
    () => server.close(),
    async () => void (await tracker.close()),
  );
  expect((await tracker.flush()).pending).toEqual({ points: 0, requests: 0 });
  const { rows } = await tracker.searchRuns();
  return { tracker, runs: rows.map(({ name, status }) => [name, status]), id: rows[0]?.run_id ?? "" };
}

describe("the end of a process whose server answers", () => {
  test.each([
    ["return", "FINISHED", 0],
    ["close", "FINISHED", 0],
    ["throw", "FAILED", 1],
  ])("%s: all is on the server, in the state %s, and nothing is said", async (way, status, code) => {
    const directory = await temporaryDirectory();
    const url = await listening();
    const end = await program(directory, url, way).end;
    expect(end.code).toBe(code);
    expect(end.stderr).not.toContain("did not reach");
    const tracker = await openTracker({ directory: await temporaryDirectory(), trackingUri: url });
    const { rows } = await tracker.searchRuns();
    expect(rows.map(({ name, status }) => [name, status])).toEqual([[way, status]]);
    expect(await tracker.getMetricHistory(rows[0]!.run_id, "loss")).toHaveLength(1500);
    expect(readQueueFile(await queueFile(directory)).counts.waiting).toEqual({ points: 0, requests: 0 });
    await tracker.close();
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s: the run is KILLED on the server", async (signal) => {
    const directory = await temporaryDirectory();
    const url = await listening();
    const running = program(directory, url, "signal");
    await running.line("training");
    running.kill(signal);
    expect(await running.end).toMatchObject({ signal, stderr: "" });
    const tracker = await openTracker({ directory: await temporaryDirectory(), trackingUri: url });
    expect((await tracker.searchRuns()).rows).toMatchObject([{ name: "signal", status: "KILLED" }]);
    await tracker.close();
  });
});

describe("the end of a process whose server does not answer", () => {
  test.each([
    ["return", "FINISHED", 0],
    ["close", "FINISHED", 0],
    ["throw", "FAILED", 1],
    ["exit at once", "FINISHED", 0],
  ])(
    "%s: at once, all is in the queue file, and one line says how much, where, and what sends it",
    async (way, status, code) => {
      const directory = await temporaryDirectory();
      const url = await refused();
      const end = await program(directory, url, way).end;
      expect(end.code).toBe(code);
      const file = await queueFile(directory);
      const lines = end.stderr.split("\n").filter((line) => line.startsWith("tracklet:"));
      expect(lines).toEqual([
        expect.stringMatching(
          new RegExp(`^tracklet: 1,500 points and \\d requests did not reach ${url}: they wait in `),
        ),
      ]);
      expect(lines[0]).toContain(`they wait in ${file}; the next program here sends them`);
      expect(lines[0]).toContain(`npx tracklet sync ${file} --tracking-uri ${url}`);
      const { tracker, runs, id } = await delivered(directory, url);
      expect(runs).toEqual([[way, status]]);
      expect(await tracker.getMetricHistory(id, "loss")).toHaveLength(1500);
    },
  );

  test("F31 process.exit() while a put is on its way loses nothing, and doubles nothing", async () => {
    const directory = await temporaryDirectory();
    const url = await refused();
    const end = await program(directory, url, "exit in the middle").end;
    expect(end.code).toBe(3);
    expect(end.stderr).toMatch(/^tracklet: 2,500 points and \d requests did not reach/);
    expect(end.stderr).not.toContain("lost");
    const { tracker, runs, id } = await delivered(directory, url);
    expect(runs).toEqual([["exit in the middle", "FAILED"]]);
    expect(await tracker.getMetricHistory(id, "loss")).toHaveLength(1500);
    expect((await tracker.getMetricHistory(id, "accuracy")).map(({ value }) => value)).toEqual(
      Array.from({ length: 1000 }, (_, step) => step),
    );
    expect((await tracker.getRun(id)).data.tags["last"]).toBe("word");
  });

  test("who only reads is not kept alive by what others left, and sends some of it", async () => {
    const directory = await temporaryDirectory();
    const server = await testServer();
    let batches = 0;
    const slow = async (request: Request): Promise<Response> => {
      const response = await server.fetch(request);
      if (!request.url.endsWith("log-batch")) return response;
      batches++;
      await new Promise((resolve) => setTimeout(resolve, 250));
      return response;
    };
    const { url, close } = await serve(slow, { host: "127.0.0.1", port: 0, onError: () => {} });
    ends.push(() => server.close(), close);
    const gone = (): Promise<Response> => Promise.reject(new TypeError("fetch failed"));
    const left = await openTracker({ directory, trackingUri: url, fetch: gone, onProblem: () => {} });
    await left.withRun({ name: "left" }, (run) => {
      for (let step = 0; step < 40_000; step++) run.logMetric("loss", step);
    });
    await left.close();
    const program = startProgram(new URL("./programs/reads.ts", import.meta.url), [directory, url]);
    expect(await program.end).toMatchObject({ code: 0, stdout: expect.stringMatching(/^read [01]\n$/) });
    expect(readQueueFile(await queueFile(directory)).counts.waiting.points).toBeGreaterThan(20_000);
    expect(batches).toBeLessThan(20);
  });

  test("F6 who only waits for a server that takes requests and never answers ends all the same", async () => {
    const directory = await temporaryDirectory();
    const server = createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => void sockets.add(socket));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const began = performance.now();
    const end = await program(directory, url, "return to silence").end;
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/^tracklet: 1,500 points and \d requests did not reach/);
    // The request time-out is two minutes.
    expect(performance.now() - began).toBeLessThan(60_000);
  }, 90_000);

  test("process.exit() tells what of it could not be kept: the body of an artifact", async () => {
    const directory = await temporaryDirectory();
    const end = await program(directory, await refused(), "exit with a body").end;
    expect(end.stderr).toMatch(
      /^tracklet: 1,500 points and \d requests did not reach .*; 0 points and 1 request of it were in memory and are lost: call await tracker.close\(\) before the end\n$/,
    );
  });
});
