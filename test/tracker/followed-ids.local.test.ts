import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "../../src/cli/http/serve.ts";
import { type Program, startProgram } from "../support/start-program.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";
import { testServer } from "../support/test-server.ts";
import type { FollowJob } from "./programs/follow.ts";

const temporaryDirectory = temporaryDirectories(afterAll);
const program = new URL("./programs/follow.ts", import.meta.url);
const cleanups: (() => unknown)[] = [];
const server = { away: false };
let start = (_job: Partial<FollowJob>): Program => {
  throw new Error("Cannot start a program before there is a server");
};

// One leader for all tests: to begin takes a process longer than all that it does here.
beforeAll(async () => {
  const directory = await temporaryDirectory();
  const embedded = await testServer();
  const answer = (request: Request): Promise<Response> =>
    server.away ? Promise.resolve(new Response("", { status: 503 })) : embedded.fetch(request);
  const { url, close } = await serve(answer, { host: "127.0.0.1", port: 0, onError: () => {} });
  cleanups.push(() => embedded.close(), close);
  start = (job) => {
    const child = startProgram(program, [JSON.stringify({ directory, trackingUri: url, ...job })]);
    cleanups.push(() => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It is dead already.
      }
    });
    return child;
  };
  await start({ part: "lead" }).line("leads");
}, 30_000);

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const facts = async (program: Program): Promise<unknown[]> => {
  const { stdout } = await program.end;
  return stdout.split("\n").flatMap((line) => (line.startsWith("facts ") ? [JSON.parse(line.slice(6))] : []));
};

const all = {
  getMetricHistory: 5,
  getMetricHistories: 5,
  compareRuns: true,
  listArtifacts: ["note.txt"],
  openArtifact: "hello",
  downloadArtifacts: "note.txt",
  runTree: ["child"],
  searchTree: ["child"],
  history: 5,
  receipt: true,
  url: true,
};
const byServerId = { tag: "read", resumed: true };

test("every call that takes the id of a run reads an own run that another process creates and delivers", async () => {
  expect(await facts(start({ part: "read" }))).toEqual([{ getRun: "own", ...all }, byServerId]);
}, 120_000);

test("every call that takes the id of a run reads one of a dead process that was taken up before it was created", async () => {
  server.away = true;
  const dead = start({ part: "die" });
  const [, run] = (await dead.line("durable ")).split(" ");
  await dead.end;
  const next = start({ part: "resume", run: run! });
  await next.line(`has ${run}`);
  server.away = false;
  expect(await facts(next)).toEqual([{ getRun: "dead", ...all }, byServerId]);
}, 120_000);
