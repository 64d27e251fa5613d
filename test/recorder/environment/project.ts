import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createTracker } from "../../../src/index.ts";
import { createRecorder } from "../../../src/recorder/index.ts";
import type { RecorderOptions } from "../../../src/recorder/index.ts";
import { defaultRuntime } from "../../../src/runtime/default-runtime.ts";
import type { HostFacts } from "../../../src/runtime/ports/host.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import type { Tracker } from "../../../src/tracker/types/tracker.ts";
import { testServer, type TestServer } from "../../support/test-server.ts";

const run = promisify(execFile);

/** Runs git as one person with one name, whoever runs the tests. */
export async function git(directory: string, ...args: string[]): Promise<string> {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
  const { stdout } = await run("git", [...who, "-c", "core.autocrlf=false", ...args], { cwd: directory });
  return stdout.trim();
}

/** Writes files below a folder. */
export async function write(directory: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

/** A repository with one commit of these files. */
export async function repository(directory: string, files: Record<string, string | Uint8Array>): Promise<string> {
  await write(directory, files);
  await git(directory, "init", "--quiet", "--initial-branch", "main");
  await git(directory, "add", "--all");
  await git(directory, "commit", "--quiet", "--message", "first");
  return git(directory, "rev-parse", "HEAD");
}

/** A runtime whose script lies in a project. */
export function runtimeOf(
  script: string,
  given: { variables?: Record<string, string>; facts?: HostFacts } & Partial<Runtime> = {},
): Runtime {
  const { variables = {}, facts = { command: ["node", script] }, ...overrides } = given;
  const runtime = defaultRuntime();
  return {
    ...runtime,
    environment: { ...runtime.environment, entry: () => script, get: (name) => variables[name] },
    host: { facts: async () => facts, variables: () => variables },
    ...overrides,
  };
}

/** A server, and recordings of projects on it. */
export interface Archive {
  readonly server: TestServer;
  open(runtime?: Partial<Runtime>): Tracker;
  /** Records in a runtime. Gives the id, and all that the server has of it as one text per artifact and tag. */
  record(
    runtime: Runtime,
    options?: Partial<RecorderOptions>,
    body?: (recorder: ReturnType<typeof createRecorder>) => void,
  ): Promise<{ id: string; kept: Map<string, string>; tags: Readonly<Record<string, string>> }>;
}

export async function archive(): Promise<Archive> {
  const server = await testServer();
  const { trackingUri, fetch } = server;
  const open: Archive["open"] = (runtime) =>
    createTracker({ trackingUri, fetch, onProblem: () => {}, ...(runtime && { runtime }) });
  return {
    server,
    open,
    async record(runtime, options, body) {
      const recorder = createRecorder({ tracker: () => open(runtime), name: "walk", ...options });
      const { recordingId: id } = await recorder.start();
      body?.(recorder);
      await recorder.stop();
      await using tracker = open();
      const kept = new Map<string, string>();
      const walk = async (path?: string): Promise<void> => {
        for (const entry of await tracker.listArtifacts(id, path)) {
          if (entry.isDirectory) await walk(entry.path);
          else kept.set(entry.path, await (await tracker.openArtifact(id, entry.path)).text());
        }
      };
      await walk();
      return { id, kept, tags: (await tracker.getRun(id)).data.tags };
    },
  };
}

/** A run with an environment that somebody else wrote. */
export async function hostile(
  tracker: Tracker,
  change: object,
  tags: Record<string, string> = {},
  name = "hostile",
): Promise<string> {
  const run = tracker.startRun({ name });
  const plain = { version: 1, recordedAt: 0, runtime: { name: "node", version: "24.0.0" }, variables: {} };
  const rest = { project: "", files: [], packages: {}, leftOut: [] };
  await run.logJson({ ...plain, ...rest, ...change }, "environment/environment.json");
  run.setTags({ ...tags, "mlflow.tracklet.environment": "environment/environment.json" });
  // Another tracker reads it.
  await run.end("FINISHED", { until: "delivered" });
  return run.localId;
}
